//! The count, made again from the rows by code that shares nothing with the server's: sums written out here for motions, the
//! slow count of the domain's own tests for elections.

use governance::hash::{Hash32, keccak256_words};
use governance::id::{MemberId, ProposalId};
use governance::merkle::{leaf_hash, root};
use governance::record::{Record as _, tag};
use serde_json::Value;
use wire::decision::TallyRecord;

use super::delegations::{self, Paper};
use super::rows::{Proposal, Tally};
use super::{Evidence, Invariant, invariant};

mod methods;
#[path = "../../../governance/tests/slow/mod.rs"]
mod slow;

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "3a",
        a_tally_is_what_its_ballots_give,
        "Counting the ballots again, by other code, gives the published numbers and outcome."
    ),
    invariant!(
        "3b",
        a_tally_hashes_to_its_record,
        "A tally's fields hash to its record, and commit to proposal, roll and counted ballots."
    ),
    invariant!(
        "3c",
        every_bundle_passes_the_audit,
        "The auditor's program finds nothing wrong with a published bundle."
    ),
];

/// What a count gives.
#[derive(Debug, PartialEq, Eq)]
struct Counted {
    counts: Vec<u128>,
    outcome: &'static str,
}

fn a_tally_is_what_its_ballots_give(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for proposal in &evidence.rows.proposal {
        let Some(tally) = evidence.rows.tally(proposal) else {
            continue;
        };
        let ballots = delegations::papers(&evidence.rows, proposal);
        let roll: u64 = evidence.rows.roll(proposal).map(|entry| entry.weight).sum();
        let told = published_counts(tally);
        let ours = match proposal.rule["counting"]["method"].as_str() {
            Some("yes_no") => Some(count_motion(&proposal.rule, &ballots, u128::from(roll))),
            Some("scottish_stv") => count_election(evidence, proposal, tally, &ballots, u128::from(roll), &mut found),
            Some(_) if tally.count.as_ref().is_some_and(|count| !count["undecided"].is_null()) => None,
            Some(_) => {
                let sheets = delegations::sheets(&evidence.rows, proposal);
                methods::count(&proposal.rule, proposal.options.len(), &sheets, u128::from(roll))
            }
            None => {
                found.push(format!("{} has a rule without a method", proposal.id));
                continue;
            }
        };
        // A tie that nothing may settle ends the count half-way; then there is nothing to compare with.
        let Some(ours) = ours else { continue };
        if told != ours.counts || tally.outcome != ours.outcome {
            found.push(format!(
                "{} says {} with {told:?}, its ballots {} with {:?}",
                proposal.id, tally.outcome, ours.outcome, ours.counts
            ));
        }
    }
    found
}

fn published_counts(tally: &Tally) -> Vec<u128> {
    let counts = tally.record["counts"].as_array();
    counts
        .map(|counts| counts.iter().map(number).collect())
        .unwrap_or_default()
}

/// A number or the text of one.
fn number(value: &Value) -> u128 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse().unwrap_or(u128::MAX)
}

/// Whether `part` of `base` is the share, in the plainest form; small numbers alone are met here.
fn reaches(part: u128, base: u128, share: &Value, exceeds: bool) -> bool {
    let (left, right) = (part * number(&share["whole"]), base * number(&share["share"]));
    base > 0 && if exceeds { left > right } else { left >= right }
}

fn has_quorum(rule: &Value, taking_part: u128, roll: u128) -> bool {
    let needed = &rule["quorum"]["at_least"];
    match needed["base"].as_str() {
        None => true,
        Some("roll") => reaches(taking_part, roll, &needed["share"], false),
        Some("constant") => roll > 0 && taking_part >= number(&needed["votes"]),
        Some(_) => roll > 0 && 4 * taking_part * taking_part >= 9 * roll,
    }
}

fn count_motion(rule: &Value, ballots: &[Paper], roll: u128) -> Counted {
    let said = |answer: u16| {
        ballots
            .iter()
            .filter(|(options, _)| *options == [answer])
            .map(|(_, weight)| weight)
            .sum::<u128>()
    };
    let sums = [said(0), said(1), said(2), said(3)];
    Counted {
        counts: sums.to_vec(),
        outcome: judge_motion(rule, sums, roll),
    }
}

/// Each condition beside the majority, in the plainest form.
fn all_hold(rule: &Value, sums: [u128; 4], roll: u128) -> bool {
    let conditions = rule["conditions"].as_array().into_iter().flatten();
    conditions.into_iter().all(|condition| {
        let part = match condition["answer"].as_str() {
            Some("yes") => sums[0],
            Some("no") => sums[1],
            Some("abstain") => sums[2],
            _ => sums[3],
        };
        let base = if condition["of"] == "eligible" {
            roll
        } else {
            sums.iter().sum()
        };
        let (left, right) = (
            part * number(&condition["share"]["whole"]),
            base * number(&condition["share"]["share"]),
        );
        if condition["bound"] == "no_more_than" {
            left <= right
        } else {
            base > 0 && left >= right
        }
    })
}

/// What follows from the sums of yes, no, abstain and blank.
pub(super) fn judge_motion(rule: &Value, sums: [u128; 4], roll: u128) -> &'static str {
    let [yes, no, abstain, blank] = sums;
    let taking_part = match rule["quorum"]["counts"].as_str() {
        Some("yes_and_no") => yes + no,
        Some("yes_no_and_abstain") => yes + no + abstain,
        Some("yes_and_abstain") => yes + abstain,
        Some("yes") => yes,
        _ => yes + no + abstain + blank,
    };
    let majority = &rule["counting"]["majority"];
    let base = match majority["base"].as_str() {
        Some("yes_and_no") => yes + no,
        Some("yes_no_and_abstain") => yes + no + abstain,
        Some("all_ballots") => yes + no + abstain + blank,
        _ => roll,
    };
    let carried = reaches(yes, base, &majority["share"], majority["threshold"] == "exceeded")
        && yes >= majority["min_yes"].as_u64().map_or(0, u128::from)
        && all_hold(rule, sums, roll);
    match (has_quorum(rule, taking_part, roll), carried) {
        (false, _) => "no_quorum",
        (true, true) => "passed",
        (true, false) => "rejected",
    }
}

fn count_election(
    evidence: &Evidence,
    proposal: &Proposal,
    tally: &Tally,
    ballots: &[Paper],
    roll: u128,
    found: &mut Vec<String>,
) -> Option<Counted> {
    let published = tally.count.as_ref()?;
    if !published["undecided"].is_null() {
        return None;
    }
    let candidates = u16::try_from(proposal.options.len()).ok()?;
    let seats = u16::try_from(number(&proposal.rule["counting"]["seats"])).ok()?;
    let lot = evidence
        .rows
        .lot
        .iter()
        .find(|lot| (lot.coop_id, lot.proposal_id) == (proposal.coop_id, proposal.id));
    let mut order: Vec<u16> = (0..candidates).collect();
    if let Some(lot) = lot {
        order.sort_by_key(|who| keccak256_words(&[lot.lot.word(), Hash32::from_u128(u128::from(*who))]));
    }
    let ours = slow::count(candidates, seats, &[], ballots, &order);
    let mut elected: Vec<u128> = published["elected"]
        .as_array()
        .map(|list| list.iter().map(number).collect())
        .unwrap_or_default();
    elected.sort_unstable();
    let expected: Vec<u128> = ours.elected.iter().map(|who| u128::from(*who) + 1).collect();
    if elected != expected || number(&published["quota"]) != ours.quota {
        found.push(format!("{} elects {elected:?}, its ballots {expected:?}", proposal.id));
    }
    let outcome = match (
        has_quorum(&proposal.rule, ballots.iter().map(|(_, weight)| weight).sum(), roll),
        ours.elected.is_empty(),
    ) {
        (false, _) => "no_quorum",
        (true, true) => "rejected",
        (true, false) => "passed",
    };
    Some(Counted {
        counts: ours.totals.last().cloned().unwrap_or_default(),
        outcome,
    })
}

fn a_tally_hashes_to_its_record(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    for tally in &evidence.rows.tally {
        let Some(proposal) = evidence.rows.proposal(tally.coop_id, tally.proposal_id) else {
            found.push(format!("a tally is of no proposal: {}", tally.proposal_id));
            continue;
        };
        let record = match serde_json::from_value::<TallyRecord>(tally.record.clone()) {
            Ok(record) => record.0,
            Err(error) => {
                found.push(format!(
                    "the record of the tally of {} cannot be read: {error}",
                    proposal.id
                ));
                continue;
            }
        };
        let word = |bytes: &Option<super::rows::Bytes>| bytes.as_ref().map(super::rows::Bytes::word);
        let is_right = record.struct_hash() == tally.record_hash.word()
            && record.proposal == ProposalId::from_uuid(proposal.id).word()
            && Some(record.proposal_hash) == word(&proposal.record_hash)
            && Some(record.roll) == word(&proposal.roll_root)
            && record.ballots == ballots_root(evidence, proposal);
        if !is_right {
            found.push(format!(
                "the tally of {} does not commit to what it counts",
                proposal.id
            ));
        }
    }
    found
}

fn ballots_root(evidence: &Evidence, proposal: &Proposal) -> Hash32 {
    let carried = delegations::carried(&evidence.rows, proposal);
    let leaves = evidence.rows.counted(proposal).into_iter().map(|(member, ballot)| {
        leaf_hash(&[
            tag("BallotLeafV1"),
            ProposalId::from_uuid(proposal.id).word(),
            MemberId::from_uuid(evidence.rows.voter(proposal, member)).word(),
            ballot.record_hash.word(),
            Hash32::from_u128(1 + carried.get(&member).copied().unwrap_or_default()),
        ])
    });
    root(leaves.collect())
}

fn every_bundle_passes_the_audit(evidence: &Evidence) -> Vec<String> {
    evidence
        .bundles
        .iter()
        .flat_map(|(id, published)| {
            published
                .findings
                .iter()
                .map(move |finding| format!("{}: {finding}", id.1))
        })
        .collect()
}
