//! Two signed checkpoints of one log that cannot both be true.

use governance::hash::Hash32;
use governance::log::proof::{HashReader, TreeHead, consistency_plan, verify_consistency};
use governance::log::tile::TileHashes;
use governance::log::{Checkpoint, Frontier, VerifierKey};
use serde::Serialize;

use super::source::Tiles;
use super::{CONTRADICTION, HOLDS, Head, LACKING, LogFinding, LogSource};

/// What two checkpoints are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ForkVerdict {
    /// They cannot both be true, and the log's key signed both.
    Fork,
    /// The larger begins with the smaller.
    Consistent,
    /// What would decide it is missing.
    Undecided,
}

/// What came of comparing two checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForkReport {
    /// The origin of the log.
    pub origin: String,
    /// The verdict.
    pub verdict: ForkVerdict,
    /// Why, in one sentence.
    pub reason: String,
    /// The first checkpoint, where the key signed it.
    pub a: Option<Head>,
    /// The second checkpoint, where the key signed it.
    pub b: Option<Head>,
    /// Where the sizes differ: the root that the larger log has at the smaller size.
    pub root_at_smaller: Option<Hash32>,
    /// Where the sizes differ: the proof that leads from that root to the larger checkpoint.
    pub proof: Vec<Hash32>,
    /// The exit status: 1 a fork, 0 none, 2 undecided.
    pub status: u8,
}

/// Compares two signed checkpoints. Where their sizes differ, the tiles of the larger one decide.
///
/// A checkpoint that the key did not sign proves nothing about the log, so that nothing is decided.
#[must_use]
pub fn fork_proof(a: &[u8], b: &[u8], key: &VerifierKey, tiles: Option<&LogSource>) -> ForkReport {
    let open = |bytes| Checkpoint::open(bytes, key).map(|(checkpoint, _)| checkpoint.head());
    let (a, b) = (open(a), open(b));
    let mut report = ForkReport {
        origin: key.name().to_owned(),
        verdict: ForkVerdict::Undecided,
        reason: String::new(),
        a: a.ok().map(Head::from),
        b: b.ok().map(Head::from),
        root_at_smaller: None,
        proof: Vec::new(),
        status: LACKING,
    };
    let (verdict, reason) = match (a, b) {
        (Ok(a), Ok(b)) => compare(a, b, tiles, &mut report),
        (Err(refusal), _) => (ForkVerdict::Undecided, format!("the first proves nothing: {refusal}")),
        (Ok(_), Err(refusal)) => (ForkVerdict::Undecided, format!("the second proves nothing: {refusal}")),
    };
    report.verdict = verdict;
    report.reason = reason;
    report.status = match verdict {
        ForkVerdict::Fork => CONTRADICTION,
        ForkVerdict::Consistent => HOLDS,
        ForkVerdict::Undecided => LACKING,
    };
    report
}

fn compare(a: TreeHead, b: TreeHead, tiles: Option<&LogSource>, report: &mut ForkReport) -> (ForkVerdict, String) {
    if a.size == b.size {
        return if a.root == b.root {
            (
                ForkVerdict::Consistent,
                "both name the same root at the same size".to_owned(),
            )
        } else {
            let reason = format!("the key signed two roots for the same {} entries", a.size);
            (ForkVerdict::Fork, reason)
        };
    }
    let (smaller, larger) = if a.size < b.size { (a, b) } else { (b, a) };
    let Some(source) = tiles else {
        let reason = "the sizes differ; the tiles of the larger one would decide (--tiles)";
        return (ForkVerdict::Undecided, reason.to_owned());
    };
    match root_within(source, smaller.size, larger) {
        Err(finding) => (ForkVerdict::Undecided, format!("{}: {}", finding.file, finding.text)),
        Ok((root, proof)) => {
            report.root_at_smaller = Some(root);
            report.proof = proof;
            if root == smaller.root {
                (ForkVerdict::Consistent, "the larger begins with the smaller".to_owned())
            } else {
                let reason = format!(
                    "the larger has another root at {} entries than the smaller, and the key signed both",
                    smaller.size
                );
                (ForkVerdict::Fork, reason)
            }
        }
    }
}

/// The root that the tree `larger` has at `size` entries, with the proof: tiles that do not lead to the larger root say nothing.
pub(crate) fn root_within(
    source: &LogSource,
    size: u64,
    larger: TreeHead,
) -> Result<(Hash32, Vec<Hash32>), LogFinding> {
    let tiles = Tiles {
        source,
        size: larger.size,
    };
    let mut hashes = TileHashes::new(tiles, larger.size);
    let root = Frontier::read(size, &mut hashes)?.root();
    let proof = make(size, larger.size, &mut hashes)?;
    verify_consistency(TreeHead { size, root }, larger, &proof)
        .map_err(|refusal| LogFinding::missing("tile", format!("the tiles are not those of the larger: {refusal}")))?;
    Ok((root, proof))
}

fn make<R: HashReader>(first: u64, second: u64, hashes: &mut R) -> Result<Vec<Hash32>, R::Error> {
    consistency_plan(first, second).map_or(Ok(Vec::new()), |plan| plan.make(hashes))
}
