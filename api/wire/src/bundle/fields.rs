//! Records with large integers, as JSON: a `u128` is a text there, since other languages read numbers as floats.

use governance::hash::Hash32;
use governance::record::{ProposalV1, TallyV1};
use governance::tally::decimal::whole;
use serde::{Deserialize, Serialize};

/// How a [`ProposalV1`] is written, for `#[serde(with = …)]`.
#[derive(Serialize, Deserialize)]
#[serde(remote = "ProposalV1", deny_unknown_fields)]
pub struct ProposalFields {
    namespace: Hash32,
    proposal: Hash32,
    text: Hash32,
    options: Hash32,
    actions: Hash32,
    rule: Hash32,
    roll: Hash32,
    roll_count: u32,
    #[serde(with = "whole")]
    roll_weight: u128,
    opens_at: u64,
    closes_at: u64,
    secrecy: u8,
    salt: Hash32,
}

/// How a [`TallyV1`] is written, for `#[serde(with = …)]`.
#[derive(Serialize, Deserialize)]
#[serde(remote = "TallyV1", deny_unknown_fields)]
pub struct TallyFields {
    namespace: Hash32,
    proposal: Hash32,
    proposal_hash: Hash32,
    roll: Hash32,
    ballots: Hash32,
    ballot_count: u32,
    #[serde(with = "whole")]
    weight: u128,
    #[serde(with = "whole_list")]
    counts: Vec<u128>,
    outcome: u8,
    log_from: u64,
    log_to: u64,
    delegations: Hash32,
    certificate: Hash32,
    scale: u64,
    salt: Hash32,
}

mod whole_list {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Whole(#[serde(with = "super::whole")] u128);

    pub(super) fn serialize<S: Serializer>(numbers: &[u128], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(numbers.iter().map(|number| Whole(*number)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u128>, D::Error> {
        Ok(Vec::<Whole>::deserialize(deserializer)?
            .into_iter()
            .map(|number| number.0)
            .collect())
    }
}
