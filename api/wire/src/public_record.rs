//! The public record of a co-op: what `coop.json` says in the folder that an operator exports and an auditor checks as a whole.
//!
//! Beside it lie the published log (`log/checkpoint`, `log/tile/…`) and one bundle for each decision
//! (`decisions/<proposal>.rochdale`). The file holds no paths: where a bundle lies follows from the identifier of its proposal.

use governance::hash::Hash32;
use governance::id::{CoopId, ProposalId};
use serde::{Deserialize, Serialize};

/// The format's name.
pub const FORMAT: &str = "rochdale-public-record";
/// The format's version.
pub const VERSION: u32 = 1;
/// The file that lists what the folder holds. It is written last.
pub const RECORD_FILE: &str = "coop.json";
/// The folder of the log.
pub const LOG_FOLDER: &str = "log";
/// The folder of the bundles.
pub const DECISIONS_FOLDER: &str = "decisions";
/// How the name of a bundle ends.
pub const BUNDLE_EXTENSION: &str = "rochdale";

/// What the folder holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicRecord {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// The co-op.
    pub coop: CoopId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: Hash32,
    /// The first line of the checkpoints of its log.
    pub origin: String,
    /// The key that signs them, as C2SP verifier key text: name, id and key.
    pub log_key: String,
    /// The server's Ed25519 key, which seals the bundles and attests ballots.
    pub server_key: String,
    /// The decisions, ascending by proposal.
    pub decisions: Vec<RecordedDecision>,
}

/// A decision in the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedDecision {
    /// The proposal.
    pub proposal: ProposalId,
    /// How many bytes its bundle has.
    pub bytes: u64,
    /// Their SHA-256.
    pub sha256: Hash32,
    /// A hash over how far the evidence was when the bundle was written. Where a later export finds another one, such as after an
    /// anchor became final, it writes the bundle anew.
    pub evidence: Hash32,
}

impl RecordedDecision {
    /// Where the bundle lies, below the folder.
    #[must_use]
    pub fn path(&self) -> String {
        bundle_path(self.proposal)
    }
}

/// Where the bundle of a proposal lies, below the folder.
#[must_use]
pub fn bundle_path(proposal: ProposalId) -> String {
    format!("{DECISIONS_FOLDER}/{proposal}.{BUNDLE_EXTENSION}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_whose_proposal_is_no_identifier_in_its_one_spelling_is_refused() {
        let decision = |proposal: &str| serde_json::json!({"proposal": proposal, "bytes": 1, "sha256": Hash32::ZERO, "evidence": Hash32::ZERO});
        let good = "0190b3f0-0000-7000-8000-000000000001";
        let read: RecordedDecision = serde_json::from_value(decision(good)).unwrap();
        assert_eq!(read.path(), format!("decisions/{good}.rochdale"));
        for bad in [
            "../../etc/passwd",
            "/etc/passwd",
            "..",
            "",
            "0190B3F0-0000-7000-8000-000000000001",
            "0190b3f0000070008000000000000001",
            "../decisions/0190b3f0-0000-7000-8000-000000000001",
            "0190b3f0-0000-7000-8000-000000000001\0",
        ] {
            let refused = serde_json::from_value::<RecordedDecision>(decision(bad));
            assert!(refused.is_err(), "{bad:?}");
        }
        let mut more = decision(good);
        more["path"] = "x".into();
        assert!(serde_json::from_value::<RecordedDecision>(more).is_err());
    }
}
