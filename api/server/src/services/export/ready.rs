//! Which decisions can be exported, and how far the evidence of each is.

use std::collections::{BTreeMap, BTreeSet};

use governance::hash::{Hash32, keccak256};
use governance::id::{CoopId, ProposalId};
use store::StoreError;
use store::decision::export::{ExportAnchorRow, ExportRecordRow, export_anchors, export_records, export_results};
use store::log::log_peek;
use uuid::Uuid;

use crate::app::App;

/// Hashed into the evidence of every bundle. Another number makes the next export write all bundles anew: for when what a bundle of
/// the same state holds has changed.
const REVISION: u64 = 1;

/// A decision that can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ready {
    /// The proposal.
    pub(super) proposal: ProposalId,
    /// A hash over the state of the anchors that its bundle shows. Once they are final it does not change any more.
    pub(super) evidence: Hash32,
}

/// How the decisions of a co-op stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Those with a published result that the published log covers, by identifier.
    pub(super) ready: Vec<Ready>,
    /// How many have a published result that it does not cover yet. Their bundles would lack evidence, and in the folder their
    /// ballots could look omitted.
    pub(super) waiting: usize,
}

/// Reads all of it from one snapshot.
///
/// # Errors
/// If the database fails.
pub(super) async fn standing(app: &App, coop: CoopId) -> Result<Standing, StoreError> {
    let mut tx = app.store.coop_snapshot("export_standing", coop).await?;
    let published = log_peek(&mut tx).await?.map_or(0, |head| head.published_size);
    let records = export_records(&mut tx).await?;
    let results = export_results(&mut tx).await?;
    let anchors = export_anchors(&mut tx).await?;
    tx.commit().await?;
    let told: BTreeSet<Uuid> = results
        .into_iter()
        .filter(|result| result.log_index.is_some_and(|index| index < published))
        .map(|result| result.proposal_id)
        .collect();
    Ok(sort(&records, &anchors, published, &told))
}

/// One proposal, as far as it was read.
#[derive(Default)]
struct Found {
    evidence: Vec<u8>,
    is_counted: bool,
    is_in_log: bool,
}

/// Records and anchors both ascend, so one pass finds the first anchor over each record. `told` are the proposals whose result is in
/// the published log as an event; everything else of a decision stands before its count.
fn sort(records: &[ExportRecordRow], anchors: &[ExportAnchorRow], published: i64, told: &BTreeSet<Uuid>) -> Standing {
    let mut found: BTreeMap<ProposalId, Found> = BTreeMap::new();
    let mut anchors = anchors.iter().peekable();
    for record in records {
        while anchors.next_if(|anchor| anchor.size < record.sequence).is_some() {}
        let Some(proposal) = proposal_of(&record.subject) else {
            continue;
        };
        let known = found.entry(proposal).or_default();
        if record.kind == "TallyV1" {
            known.is_counted = true;
            known.is_in_log =
                record.log_index.is_some_and(|index| index < published) && told.contains(&proposal.uuid());
        }
        if let Some(anchor) = anchors.peek() {
            write(&mut known.evidence, anchor);
        }
    }
    let counted = found.into_iter().filter(|(_, found)| found.is_counted);
    let (ready, waiting): (Vec<_>, Vec<_>) = counted.partition(|(_, found)| found.is_in_log);
    Standing {
        ready: ready
            .into_iter()
            .map(|(proposal, found)| Ready {
                proposal,
                evidence: evidence(&found.evidence),
            })
            .collect(),
        waiting: waiting.len(),
    }
}

fn write(to: &mut Vec<u8>, anchor: &ExportAnchorRow) {
    let text = format!(
        "{} {} {:?} {:?};",
        anchor.seq, anchor.state, anchor.block_number, anchor.block_hash
    );
    to.extend_from_slice(text.as_bytes());
}

fn evidence(anchors: &[u8]) -> Hash32 {
    let begin = format!("{} {REVISION};", wire::bundle::VERSION);
    keccak256(&[begin.as_bytes(), anchors].concat())
}

/// The proposal in a word.
fn proposal_of(subject: &[u8]) -> Option<ProposalId> {
    let (zeros, id) = subject.split_at_checked(16)?;
    let id = Uuid::from_slice(id).ok()?;
    zeros.iter().all(|byte| *byte == 0).then(|| ProposalId::from_uuid(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(proposal: u128, kind: &str, sequence: i64, log_index: Option<i64>) -> ExportRecordRow {
        ExportRecordRow {
            subject: Hash32::from_u128(proposal).as_bytes().to_vec(),
            kind: kind.to_owned(),
            sequence,
            log_index,
        }
    }

    fn anchor(seq: i64, size: i64, state: &str) -> ExportAnchorRow {
        ExportAnchorRow {
            seq,
            size,
            state: state.to_owned(),
            block_number: None,
            block_hash: None,
        }
    }

    fn records() -> Vec<ExportRecordRow> {
        vec![
            record(1, "ProposalV1", 2, Some(3)),
            record(2, "ProposalV1", 3, Some(9)),
            record(1, "TallyV1", 5, Some(20)),
            record(2, "TallyV1", 6, Some(29)),
            record(3, "ProposalV1", 7, Some(30)),
        ]
    }

    fn sorted(anchors: &[ExportAnchorRow], published: i64) -> Standing {
        let told = [1, 2].map(Uuid::from_u128).into();
        sort(&records(), anchors, published, &told)
    }

    #[test]
    fn a_decision_is_exported_once_the_published_log_covers_its_result() {
        for (published, ready, waiting) in [(0, 0, 2), (20, 0, 2), (21, 1, 1), (29, 1, 1), (30, 2, 0), (99, 2, 0)] {
            let standing = sorted(&[], published);
            assert_eq!(
                (standing.ready.len(), standing.waiting),
                (ready, waiting),
                "{published}"
            );
        }
        let untold = sort(&records(), &[], 99, &BTreeSet::new());
        assert_eq!((untold.ready.len(), untold.waiting), (0, 2));
    }

    #[test]
    fn the_evidence_of_a_decision_changes_with_the_first_anchors_over_its_two_records_alone() {
        let before = sorted(&[anchor(1, 4, "final"), anchor(2, 5, "safe")], 99);
        let changed = |anchors: &[ExportAnchorRow]| {
            let after = sorted(anchors, 99);
            let pairs = before.ready.iter().zip(after.ready);
            let changed: Vec<bool> = pairs.map(|(before, after)| before.evidence != after.evidence).collect();
            changed
        };
        let (first, second) = (|| anchor(1, 4, "final"), || anchor(2, 5, "safe"));
        assert_eq!(changed(&[first(), second()]), [false, false]);
        assert_eq!(
            changed(&[first(), anchor(2, 5, "final")]),
            [true, false],
            "over the count of 1"
        );
        assert_eq!(
            changed(&[anchor(1, 4, "mined"), second()]),
            [true, true],
            "over both questions"
        );
        assert_eq!(
            changed(&[first(), second(), anchor(3, 7, "sealed")]),
            [false, true],
            "over the count of 2"
        );
        let more = [first(), second(), anchor(3, 7, "final"), anchor(4, 9, "sealed")];
        assert_eq!(changed(&more), changed(&more[..3]), "a later one changes nothing");
    }
}
