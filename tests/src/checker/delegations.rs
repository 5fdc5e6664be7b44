//! Delegation: every weight of a roll is somewhere, and what was carried was carried along delegations that are there.

use std::collections::{BTreeMap, BTreeSet};

use governance::hash::{Hash32, keccak256_words};
use governance::id::{MemberId, ProposalId};
use governance::merkle::{leaf_hash, root};
use governance::record::tag;
use uuid::Uuid;

use super::rows::{Bytes, Delegated, Proposal, Rows};
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "27a",
        the_weight_of_a_roll_is_direct_delegated_or_uncast,
        "Of each counted proposal the weights of who voted, of whom others' votes carried, and of all others add up to the roll, as \
         the tally says."
    ),
    invariant!(
        "27b",
        what_is_carried_follows_delegations_that_are_there,
        "Each carried weight leads step by step, by a delegation that its member gave, to somebody who voted or cast a proxy ballot, \
         and the tally commits to all of them."
    ),
];

/// What is counted once: the options chosen, with the weight.
pub(super) type Paper = (Vec<u16>, u128);

fn of<'a>(rows: &'a Rows, proposal: &'a Proposal) -> impl Iterator<Item = &'a Delegated> {
    rows.delegated
        .iter()
        .filter(|row| (row.coop_id, row.proposal_id) == (proposal.coop_id, proposal.id))
}

/// By who voted, the weight of others that went with that ballot.
pub(super) fn carried(rows: &Rows, proposal: &Proposal) -> BTreeMap<Uuid, u128> {
    let mut carried: BTreeMap<Uuid, u128> = BTreeMap::new();
    for row in of(rows, proposal).filter(|row| row.proxy.is_none()) {
        if let Some(delegate) = row.delegate_id {
            *carried.entry(delegate).or_default() += u128::from(row.weight);
        }
    }
    carried
}

/// What is counted, once for each vote that it weighs.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    pub(super) options: Vec<u16>,
    pub(super) points: Vec<u32>,
    /// What became of it where it objects in a vote by consent; nothing where nothing was done about it.
    pub(super) state: Option<String>,
}

/// Everything that counts in a proposal, once for each vote that it weighs.
pub(super) fn sheets(rows: &Rows, proposal: &Proposal) -> Vec<Sheet> {
    weighed(rows, proposal)
        .into_iter()
        .flat_map(|(sheet, weight)| std::iter::repeat_n(sheet, usize::try_from(weight).unwrap_or_default()))
        .collect()
}

/// Everything that counts in a proposal.
pub(super) fn papers(rows: &Rows, proposal: &Proposal) -> Vec<Paper> {
    let weighed = weighed(rows, proposal).into_iter();
    weighed.map(|(sheet, weight)| (sheet.options, weight)).collect()
}

/// Where the last step about the objection of a ballot left it.
fn objection_state(rows: &Rows, proposal: &Proposal, ballot: &Bytes) -> Option<String> {
    let about = rows
        .objection_step
        .iter()
        .filter(|row| (row.coop_id, row.proposal_id, &row.ballot_hash) == (proposal.coop_id, proposal.id, ballot));
    about.max_by_key(|row| row.number).map(|row| row.state.clone())
}

fn weighed(rows: &Rows, proposal: &Proposal) -> Vec<(Sheet, u128)> {
    let carried = carried(rows, proposal);
    let ballots = rows.counted(proposal).into_iter().map(|(member, ballot)| {
        let more = carried.get(&member).copied().unwrap_or_default();
        let sheet = Sheet {
            options: ballot.options.clone(),
            points: ballot.points.clone(),
            state: objection_state(rows, proposal, &ballot.record_hash),
        };
        (sheet, 1 + more)
    });
    let by_proxy = of(rows, proposal).filter_map(|row| {
        let ballot = rows
            .proxy_ballot
            .iter()
            .find(|ballot| Some(&ballot.record_hash) == row.proxy.as_ref())?;
        let sheet = Sheet {
            options: ballot.options.clone(),
            points: ballot.points.clone(),
            state: None,
        };
        Some((sheet, u128::from(row.weight)))
    });
    ballots.chain(by_proxy).collect()
}

fn the_weight_of_a_roll_is_direct_delegated_or_uncast(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut found = Vec::new();
    for proposal in &rows.proposal {
        let Some(tally) = rows.tally(proposal) else { continue };
        let voted: BTreeSet<Uuid> = rows.counted(proposal).into_keys().collect();
        let (mut direct, mut delegated, mut uncast, mut by_proxy) = (0, 0, 0, 0);
        for entry in rows.roll(proposal) {
            let row = of(rows, proposal).find(|row| row.truster_id == entry.member_id);
            match (voted.contains(&entry.member_id), row) {
                (true, None) => direct += entry.weight,
                (true, Some(_)) => found.push(format!("{} voted in {} and is delegated", entry.member_id, proposal.id)),
                (false, Some(row)) if row.delegate_id.is_some() => {
                    delegated += row.weight;
                    by_proxy += if row.proxy.is_some() { row.weight } else { 0 };
                }
                (false, _) => uncast += entry.weight,
            }
        }
        let cast = tally.record["weight"]
            .as_str()
            .and_then(|text| text.parse::<u64>().ok());
        let roll = proposal.roll_weight.unwrap_or_default();
        if direct + delegated + uncast != roll
            || cast != Some(direct + delegated)
            || (tally.delegated_weight, tally.proxy_weight) != (delegated, by_proxy)
        {
            found.push(format!(
                "{}: {direct} direct, {delegated} delegated and {uncast} uncast of {roll}; the tally says {cast:?}, {} and {}",
                proposal.id, tally.delegated_weight, tally.proxy_weight
            ));
        }
    }
    found
}

fn what_is_carried_follows_delegations_that_are_there(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut found = Vec::new();
    for proposal in &rows.proposal {
        let Some(tally) = rows.tally(proposal) else { continue };
        let voted: BTreeSet<Uuid> = rows.counted(proposal).into_keys().collect();
        let mut leaves = Vec::new();
        for row in of(rows, proposal) {
            let (Some(delegate), Some(path)) = (row.delegate_id, &row.path) else {
                continue;
            };
            if way(rows, proposal, row, &voted) != Some(path.word()) {
                found.push(format!(
                    "{} of {} is not led to {delegate}",
                    row.truster_id, proposal.id
                ));
            }
            leaves.push(leaf_hash(&[
                tag("DelegatedV1"),
                ProposalId::from_uuid(proposal.id).word(),
                MemberId::from_uuid(row.truster_id).word(),
                MemberId::from_uuid(delegate).word(),
                Hash32::from_u128(u128::from(row.weight)),
                path.word(),
                row.proxy.as_ref().map_or(Hash32::ZERO, Bytes::word),
            ]));
        }
        let root = root(leaves).to_string();
        if tally.record["delegations"].as_str() != Some(root.as_str()) {
            found.push(format!("the tally of {} commits to other delegations", proposal.id));
        }
    }
    found
}

/// The path of a row, followed from member to member.
fn way(rows: &Rows, proposal: &Proposal, row: &Delegated, voted: &BTreeSet<Uuid>) -> Option<Hash32> {
    let (mut at, mut records) = (row.truster_id, Vec::new());
    let marked = rows.delegation_marker.iter();
    let mut marked = marked.filter(|row| (row.coop_id, row.proposal_id) == (proposal.coop_id, proposal.id));
    let marker = marked.next()?.marker;
    let scope_of = |kind: u8| match kind {
        1 => Hash32::ZERO,
        2 => governance::hash::keccak256(proposal.kind.as_bytes()),
        _ => ProposalId::from_uuid(proposal.id).word(),
    };
    for _ in 0..row.depth? {
        if voted.contains(&at) {
            return None;
        }
        // The newest of each scope, narrowest first, that held at the announced end.
        let closes_at = u64::try_from(proposal.closes_at?.timestamp()).ok()?;
        let given = (1..=3).rev().find_map(|kind: u8| {
            let of_scope = rows.delegation.iter().filter(|given| {
                (given.coop_id, given.truster_id, given.scope_kind) == (proposal.coop_id, at, kind)
                    && given.scope.word() == scope_of(kind)
                    && given.record_sequence <= marker
                    && Some(given.given_at) < proposal.closes_at
            });
            let newest = of_scope.max_by_key(|given| given.revision)?;
            (newest.valid_until > closes_at).then_some(newest)
        })?;
        records.push(given.record_hash.word());
        at = given.trustee_id?;
    }
    let arrives = Some(at) == row.delegate_id && (row.proxy.is_some() || voted.contains(&at));
    let path = records
        .iter()
        .rev()
        .fold(Hash32::ZERO, |path, record| keccak256_words(&[*record, path]));
    arrives.then_some(path)
}
