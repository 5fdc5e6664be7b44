//! The record of a co-op: one number after the other, and each record of something that is there.

use std::collections::BTreeMap;

use governance::bylaws::Bylaws;
use governance::hash::{Hash32, keccak256_words};
use governance::id::{ContributionId, CoopId, MemberId, PaymentFileId, PayoutCycleId, ProposalId};
use governance::record::{ClaimRootV1, DelegationV1, KeyRegistrationV1, PayoutV1, Record as _, tag};
use governance::signature::{PublicKey, SignatureKind};
use governance::time::Timestamp;
use uuid::Uuid;

use super::rows::{Bytes, ClaimRootRecord, ContributionRecord, Delegation, PayoutCycle, Rows};
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "17a",
        the_record_has_no_gap,
        "The records of a co-op are numbered 1 to n, n stands in its head, and each tag is that of its kind."
    ),
    invariant!(
        "17b",
        every_record_is_of_something_and_everything_has_one,
        "Bylaws, keys, delegations, openings, tallies, snapshots of contributions, posted cycles and roots each have exactly one record with their hash, and there are no others."
    ),
];

fn the_record_has_no_gap(evidence: &Evidence) -> Vec<String> {
    let rows = &evidence.rows;
    let mut sequences: BTreeMap<Uuid, Vec<i64>> =
        rows.record_head.iter().map(|head| (head.coop_id, Vec::new())).collect();
    let mut found = Vec::new();
    for record in &rows.record {
        sequences.entry(record.coop_id).or_default().push(record.sequence);
        if record.tag.word() != tag(&record.kind) {
            found.push(format!("record {} has the tag of another kind", record.sequence));
        }
    }
    for (coop, mut numbers) in sequences {
        numbers.sort_unstable();
        let count = i64::try_from(numbers.len()).unwrap_or(i64::MAX);
        let head = rows
            .record_head
            .iter()
            .find(|head| head.coop_id == coop)
            .map(|head| head.size);
        if head != Some(count) || !numbers.iter().copied().eq(1..=count) {
            found.push(format!("co-op {coop} has records {numbers:?} and the head {head:?}"));
        }
    }
    found
}

/// A record as it should be: whose, of what kind, about what, with which hash, and where its number is known, that.
type Wanted = (Uuid, &'static str, Hash32, Hash32, Option<i64>);

fn every_record_is_of_something_and_everything_has_one(evidence: &Evidence) -> Vec<String> {
    let mut found = Vec::new();
    let mut wanted = wanted(evidence, &mut found);
    for record in &evidence.rows.record {
        let is_wanted = wanted.iter().position(|(coop, kind, subject, hash, sequence)| {
            *coop == record.coop_id
                && *kind == record.kind
                && *subject == record.subject.word()
                && *hash == record.record_hash.word()
                && sequence.is_none_or(|sequence| sequence == record.sequence)
        });
        match is_wanted {
            Some(place) => {
                wanted.swap_remove(place);
            }
            None => found.push(format!(
                "record {} ({}) of co-op {} is of nothing that is there",
                record.sequence, record.kind, record.coop_id
            )),
        }
    }
    found.extend(
        wanted
            .into_iter()
            .map(|(coop, kind, subject, _, _)| format!("a {kind} about {subject} of co-op {coop} has no record")),
    );
    found
}

fn wanted(evidence: &Evidence, found: &mut Vec<String>) -> Vec<Wanted> {
    let rows = &evidence.rows;
    let namespace = |coop: Uuid| rows.coop(coop).map(|coop| coop.namespace.word()).unwrap_or_default();
    let mut wanted: Vec<Wanted> = Vec::new();
    for bylaws in &rows.bylaws {
        let adopted_at = Timestamp(u64::try_from(bylaws.adopted_at.timestamp()).unwrap_or_default());
        let hash = serde_json::from_value::<Bylaws>(bylaws.content.clone())
            .ok()
            .map(|content| {
                content
                    .record(
                        namespace(bylaws.coop_id),
                        bylaws.version,
                        adopted_at,
                        bylaws.salt.word(),
                    )
                    .struct_hash()
            });
        if hash != Some(bylaws.record_hash.word()) {
            found.push(format!(
                "bylaws {} of co-op {} do not hash to their record",
                bylaws.version, bylaws.coop_id
            ));
        }
        let subject = CoopId::from_uuid(bylaws.coop_id).word();
        wanted.push((bylaws.coop_id, "BylawsV1", subject, bylaws.record_hash.word(), None));
    }
    for key in &rows.voting_key {
        let record = KeyRegistrationV1 {
            namespace: namespace(key.coop_id),
            member: MemberId::from_uuid(key.member_id).word(),
            kind: key.kind,
            public_key: SignatureKind::from_code(key.kind)
                .and_then(|kind| PublicKey::parse(kind, &key.public_key.0).ok())
                .map_or(Hash32::ZERO, |key| key.word()),
            salt: key.salt.word(),
        };
        let sequence = Some(key.registered_sequence);
        wanted.push((
            key.coop_id,
            "KeyRegistrationV1",
            record.member,
            record.struct_hash(),
            sequence,
        ));
    }
    for proposal in &rows.proposal {
        if let Some(hash) = &proposal.record_hash {
            let subject = ProposalId::from_uuid(proposal.id).word();
            wanted.push((proposal.coop_id, "ProposalV1", subject, hash.word(), None));
        }
    }
    wanted.extend(
        rows.delegation
            .iter()
            .map(|given| of_delegation(given, namespace(given.coop_id))),
    );
    wanted.extend(of_money(rows, &namespace));
    for tally in &rows.tally {
        let subject = ProposalId::from_uuid(tally.proposal_id).word();
        let sequence = Some(tally.record_sequence);
        wanted.push((tally.coop_id, "TallyV1", subject, tally.record_hash.word(), sequence));
    }
    wanted
}

/// What money left in the record: posted cycles, roots, and what members are said to have contributed.
fn of_money<'a>(rows: &'a Rows, namespace: &'a impl Fn(Uuid) -> Hash32) -> impl Iterator<Item = Wanted> + 'a {
    let posted = rows.payout_cycle.iter().filter(|cycle| cycle.state == "posted");
    let cycles = posted.filter_map(|cycle| of_cycle(rows, cycle, namespace(cycle.coop_id)));
    let roots = rows.claim_root_record.iter();
    let roots = roots.filter_map(|told| of_root(rows, told, namespace(told.coop_id)));
    let snapshots = rows.contribution_record.iter().map(of_snapshot);
    cycles.chain(roots).chain(snapshots)
}

fn of_cycle(rows: &Rows, cycle: &PayoutCycle, namespace: Hash32) -> Option<Wanted> {
    let is_of_it = |coop: Uuid, id: Uuid| (coop, id) == (cycle.coop_id, cycle.id);
    let tree = rows
        .payout_statements
        .iter()
        .find(|tree| is_of_it(tree.coop_id, tree.cycle_id))?;
    let payouts = rows
        .payout
        .iter()
        .filter(|payout| is_of_it(payout.coop_id, payout.cycle_id));
    let id = PayoutCycleId::from_uuid(cycle.id).word();
    let word = |bytes: &Option<Bytes>| bytes.as_ref().map(Bytes::word).unwrap_or_default();
    let record = PayoutV1 {
        namespace,
        cycle: id,
        period: cycle.period.clone(),
        currency: cycle.currency.clone(),
        ruleset: cycle.rule_hash.word(),
        digest: word(&cycle.digest),
        payout_digest: word(&cycle.payout_digest),
        statements: tree.root.word(),
        members: u64::try_from(payouts.clone().count()).unwrap_or_default(),
        total: payouts
            .map(|payout| u128::try_from(payout.paid).unwrap_or_default())
            .sum(),
        salt: keccak256_words(&[tag("PayoutSaltV1"), tree.secret.word()]),
    };
    Some((cycle.coop_id, "PayoutV1", id, record.struct_hash(), None))
}

fn of_root(rows: &Rows, told: &ClaimRootRecord, namespace: Hash32) -> Option<Wanted> {
    let mut all = rows.distributor.iter();
    let distributor = all.find(|one| (one.coop_id, one.ledger_account_id) == (told.coop_id, told.distributor_id))?;
    let word = |bytes: &Option<Bytes>| bytes.as_ref().map(Bytes::word).unwrap_or_default();
    let record = ClaimRootV1 {
        namespace,
        file: told
            .file_id
            .map_or(Hash32::ZERO, |file| PaymentFileId::from_uuid(file).word()),
        chain_id: u64::try_from(distributor.chain_id).unwrap_or_default(),
        distributor: Hash32::left_padded(&distributor.contract.0),
        token: Hash32::left_padded(&distributor.token.0),
        epoch: told.epoch,
        root: told.root.word(),
        total: told.total,
        content: word(&told.content),
        statements: word(&told.statements),
        salt: told.salt.word(),
    };
    let subject = if told.file_id.is_some() {
        record.file
    } else {
        record.distributor
    };
    Some((told.coop_id, "ClaimRootV1", subject, record.struct_hash(), None))
}

/// Its hash is held to what it says where it is brought in: tests end the time for disputes by moving it.
fn of_snapshot(told: &ContributionRecord) -> Wanted {
    let subject = ContributionId::from_uuid(told.snapshot_id).word();
    (told.coop_id, "ContributionsV1", subject, told.record_hash.word(), None)
}

fn of_delegation(given: &Delegation, namespace: Hash32) -> Wanted {
    let record = DelegationV1 {
        namespace,
        truster: MemberId::from_uuid(given.truster_id).word(),
        trustee: given
            .trustee_id
            .map_or(Hash32::ZERO, |trustee| MemberId::from_uuid(trustee).word()),
        scope_kind: given.scope_kind,
        scope: given.scope.word(),
        valid_until: given.valid_until,
        revision: given.revision,
        salt: given.salt.word(),
    };
    let sequence = Some(given.record_sequence);
    (
        given.coop_id,
        "DelegationV1",
        record.truster,
        record.struct_hash(),
        sequence,
    )
}
