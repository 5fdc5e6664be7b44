//! A published count.

use chrono::{DateTime, Utc};
use governance::ballot::Method;
use governance::hash::Hash32;
use governance::id::ProposalId;
use governance::record::TallyV1;
use governance::rule::Outcome;
use governance::tally::sheet::Count;
use serde::{Deserialize, Serialize};

use super::proposal::Turnout;
use crate::delegation::WeightShares;

/// The weights of the answers to a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MotionCounts {
    /// In favour.
    pub yes: u64,
    /// Against.
    pub no: u64,
    /// Present and on neither side.
    pub abstain: u64,
    /// None of these.
    pub blank: u64,
}

/// A candidate who is elected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ElectedCandidate {
    /// The number of the candidate, from 1, in the order of the options.
    pub candidate: u16,
    /// The name.
    pub name: String,
}

/// The lot that broke a tie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Lot {
    /// The secret to which the proposal's salt commits.
    #[schema(value_type = String)]
    pub secret: Hash32,
    /// The hash of the first final block at least a minute after the close; zero without a chain.
    #[schema(value_type = String)]
    pub beacon: Hash32,
    /// The number of that block.
    pub beacon_block_number: Option<u64>,
    /// Its timestamp, in seconds since 1970.
    pub beacon_timestamp: Option<u64>,
    /// The lot that both make.
    #[schema(value_type = String)]
    pub lot: Hash32,
}

/// A published count with its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TallyAnswer {
    /// The proposal.
    #[schema(value_type = String, format = Uuid)]
    pub proposal: ProposalId,
    /// The method it was counted by.
    #[schema(value_type = String)]
    pub method: Method,
    /// How it ended.
    #[schema(value_type = String)]
    pub outcome: Outcome,
    /// The sums behind it, as sentences.
    pub reasons: Vec<String>,
    /// How many took part.
    pub turnout: Turnout,
    /// The weights of a motion.
    pub motion: Option<MotionCounts>,
    /// Who is elected, or which options are chosen, in order.
    pub elected: Vec<ElectedCandidate>,
    /// The course of the count, as `rochdale-audit count --json` prints it; a motion has none.
    #[schema(value_type = Option<Object>)]
    pub count: Option<Count>,
    /// The lot, where one was drawn.
    pub lot: Option<Lot>,
    /// Counted ballots that a member's key signed.
    pub signed_ballots: u32,
    /// Counted ballots that the server vouches for.
    pub attested_ballots: u32,
    /// How the weight of the roll divided.
    pub weights: WeightShares,
    /// Delegations that spoke and that the server vouches for.
    pub attested_delegations: u32,
    /// What the count lets be found out of single members although the tier hides it, as sentences.
    pub exposures: Vec<String>,
    /// The fields of the `TallyV1`.
    #[schema(value_type = Object)]
    pub record: TallyRecord,
    /// Its struct hash.
    #[schema(value_type = String)]
    pub record_hash: Hash32,
    /// Its sequence number among the records of the co-op.
    pub record_sequence: u64,
    /// When it was published.
    pub published_at: DateTime<Utc>,
}

/// A tally's record as JSON holds it, in a row and in an answer: as a bundle writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TallyRecord(#[serde(with = "crate::bundle::TallyFields")] pub TallyV1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_sums_of_a_tally_are_texts_and_read_back() {
        let record = TallyV1 {
            namespace: Hash32::ZERO,
            proposal: Hash32::from_u128(1),
            proposal_hash: Hash32::from_u128(2),
            roll: Hash32::from_u128(3),
            ballots: Hash32::from_u128(4),
            ballot_count: 5,
            weight: u128::MAX,
            counts: vec![u128::MAX, 0],
            outcome: 1,
            log_from: 6,
            log_to: 7,
            delegations: Hash32::ZERO,
            certificate: Hash32::ZERO,
            scale: 100_000,
            salt: Hash32::ZERO,
        };
        let json = serde_json::to_value(TallyRecord(record.clone())).unwrap();
        assert_eq!(json["counts"][0], u128::MAX.to_string());
        assert_eq!(
            serde_json::from_value::<TallyRecord>(json).unwrap(),
            TallyRecord(record)
        );
    }
}
