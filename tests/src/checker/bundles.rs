//! Published bundles, read without the program's own reader and given to the auditor's.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use governance::hash::Hash32;
use governance::id::{CoopId, MemberId, ProposalId};
use serde_json::Value;
use server::services::bundles::bundle;
use server::services::proposals::Asking;
use uuid::Uuid;

use crate::app::TestApp;

/// How often a bundle is asked for: a few are written at once, and tests run beside each other.
const ASKED_MAX: usize = 500;
const PAUSE: Duration = Duration::from_millis(10);

/// A bundle as it was published.
#[derive(Debug, Clone, Default)]
pub struct Published {
    /// What stands in it; `None` where it cannot be read.
    pub view: Option<BundleView>,
    /// What is wrong with it, by the auditor's program.
    pub findings: Vec<String>,
}

/// What the checker needs of a bundle.
#[derive(Debug, Clone, Default)]
pub struct BundleView {
    /// Every ballot: sequence, record hash, whether it was counted.
    pub ballots: Vec<(i64, Hash32, bool)>,
    /// Everyone on the roll.
    pub voters: BTreeSet<Hash32>,
    /// The root of the roll in the proposal's record.
    pub roll_root: Option<Hash32>,
}

impl Published {
    /// Reads and audits a bundle.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match BundleView::read(bytes) {
            Ok(view) => Self {
                view: Some(view),
                findings: audit(bytes),
            },
            Err(why) => Self {
                view: None,
                findings: vec![why],
            },
        }
    }
}

impl BundleView {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut text = String::new();
        flate2::read::GzDecoder::new(bytes)
            .read_to_string(&mut text)
            .map_err(|error| format!("it cannot be unpacked: {error}"))?;
        let mut view = Self::default();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).map_err(|error| format!("a line is no JSON: {error}"))?;
            match line["section"].as_str() {
                Some("proposal") => view.roll_root = word(&line["record"]["roll"]),
                Some("roll") => view.voters.extend(word(&line["voter"])),
                Some("ballot") => view.ballots.push(ballot(&line)?),
                Some(_) => {}
                None => return Err(String::from("a line names no section")),
            }
        }
        Ok(view)
    }
}

fn word(value: &Value) -> Option<Hash32> {
    value.as_str()?.parse().ok()
}

/// A ballot's hash is computed from its fields: the line does not hold it.
fn ballot(line: &Value) -> Result<(i64, Hash32, bool), String> {
    use governance::record::{BallotV1, Record as _};
    let record: BallotV1 =
        serde_json::from_value(line["record"].clone()).map_err(|error| format!("a ballot cannot be read: {error}"))?;
    let sequence = line["sequence"].as_i64().ok_or("a ballot has no sequence")?;
    let is_counted = line["counted"].as_bool().ok_or("a ballot is neither counted nor not")?;
    Ok((sequence, record.struct_hash(), is_counted))
}

/// What the auditor's program finds wrong.
fn audit(bytes: &[u8]) -> Vec<String> {
    match audit::verify_reader(bytes, &audit::Options::default()) {
        Ok(report) if report.status == 0 => Vec::new(),
        Ok(report) => report
            .findings
            .iter()
            .map(ToString::to_string)
            .chain([format!("exit status {}", report.status)])
            .collect(),
        Err(fault) => vec![fault.to_string()],
    }
}

/// The bundle of every decision whose count is published, from the server's own service.
///
/// # Panics
/// If one cannot be had.
pub async fn published(app: &TestApp) -> BTreeMap<(Uuid, Uuid), Vec<u8>> {
    let client = app.database.superuser().await;
    let rows = client
        .query("SELECT coop_id, proposal_id FROM tally", &[])
        .await
        .expect("the tallies");
    let mut bundles = BTreeMap::new();
    for row in rows {
        let (coop, proposal): (Uuid, Uuid) = (row.get(0), row.get(1));
        bundles.insert((coop, proposal), bytes_of(app, coop, proposal).await);
    }
    bundles
}

async fn bytes_of(app: &TestApp, coop: Uuid, proposal: Uuid) -> Vec<u8> {
    let asking = Asking {
        coop: CoopId::from_uuid(coop),
        member: MemberId::from_uuid(Uuid::nil()),
        is_steward: true,
    };
    for _ in 0..ASKED_MAX {
        let app = Arc::clone(&app.app);
        if let Ok(mut bundle) = bundle(app, asking, ProposalId::from_uuid(proposal)).await {
            let mut bytes = Vec::new();
            while let Some(piece) = bundle.pieces.recv().await {
                bytes.extend_from_slice(&piece.expect("a bundle does not break off"));
            }
            return bytes;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("no bundle of {proposal}");
}
