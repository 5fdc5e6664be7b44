//! The lines of a bundle that stand in rows as they are.

use governance::hash::to_hex;
use governance::id::{MemberId, ProposalId};
use governance::record::{Domain, ProxyBallotV1};
use store::decision::ballot::ListedBallotRow;
use store::decision::delegated::ProxyBallotRow;
use store::decision::delegation::DelegationRow;
use wire::bundle::{
    BallotLine, BundleBeacon, BundleCoop, BundleDomain, BundleKey, BundleLog, BundleType, DelegationLine, FORMAT,
    HeaderLine, KIND_DECISION, LotLine, Named, ProposalLine, ProxyLine, RollLine, RuleLine, TallyLine, VERSION,
};
use wire::decision::TallyRecord;

use super::Head;
use crate::app::App;
use crate::services::decision_rows::{
    RowDamage, ballot_record, number, planned, proposal_record, rule, signature_kind, timestamp, word,
};
use crate::services::delegated::delegation_record;

pub(super) fn header_line(app: &App, head: &Head) -> Result<HeaderLine, RowDamage> {
    Ok(HeaderLine {
        section: Named,
        format: FORMAT.to_owned(),
        version: VERSION,
        kind: KIND_DECISION.to_owned(),
        coop: BundleCoop {
            id: head.coop_id,
            slug: head.coop.slug.clone(),
            name: head.coop.name.clone(),
        },
        namespace: head.domain.namespace,
        domain: BundleDomain {
            name: Domain::NAME.to_owned(),
            version: Domain::VERSION.to_owned(),
            chain_id: head.domain.chain.map(|chain| chain.chain_id),
            verifying_contract: head.domain.chain.map(|chain| to_hex(&chain.contract)),
        },
        registrar: head.coop.registrar.as_deref().map(to_hex),
        server_key: app.secrets.server_key().to_string(),
        log: Some(BundleLog {
            origin: head.log.key.name().to_owned(),
            key: head.log.key.to_string(),
        }),
        types: BundleType::all(),
    })
}

pub(super) fn rule_line(head: &Head) -> Result<RuleLine, RowDamage> {
    Ok(RuleLine::new(
        rule(&head.row)?,
        head.domain.namespace,
        head.frozen.rule_salt,
    ))
}

pub(super) fn proposal_line(head: &Head, log_index: Option<u64>) -> Result<ProposalLine, RowDamage> {
    Ok(ProposalLine {
        section: Named,
        record: proposal_record(&head.row, head.domain.namespace, &head.frozen)?,
        title: head.row.title.clone(),
        body: head.row.body.clone(),
        options: head.row.options.clone(),
        actions: planned(&head.row)?,
        kind: head.row.kind.clone(),
        bylaws_version: number(head.row.bylaws_version, "bylaws_version")?,
        log_index,
    })
}

pub(super) fn roll_line(entry: governance::roll::RollEntry) -> RollLine {
    RollLine {
        section: Named,
        voter: entry.voter,
        weight: entry.weight,
        keys: entry.keys.into_iter().map(BundleKey::from).collect(),
    }
}

pub(super) fn ballot_line(
    head: &Head,
    listed: ListedBallotRow,
    log_index: Option<u64>,
) -> Result<BallotLine, RowDamage> {
    let ListedBallotRow { ballot: row, is_last } = listed;
    let voter = head.pseudonyms.get(&row.member_id).copied().unwrap_or(row.member_id);
    Ok(BallotLine {
        section: Named,
        record: ballot_record(&head.row, (voter, &row), head.domain.namespace)?,
        reason: row.reason,
        kind: signature_kind(row.kind)?.into(),
        public_key: to_hex(&row.public_key),
        signature: to_hex(&row.signature),
        sequence: number(row.sequence, "sequence")?,
        at: timestamp(row.cast_at).0,
        counted: is_last,
        log_index,
    })
}

pub(super) fn delegation_line(
    head: &Head,
    row: &DelegationRow,
    log_index: Option<u64>,
) -> Result<DelegationLine, RowDamage> {
    Ok(DelegationLine {
        section: Named,
        record: delegation_record(row, head.domain.namespace)?,
        kind: signature_kind(row.kind)?.into(),
        public_key: to_hex(&row.public_key),
        signature: to_hex(&row.signature),
        sequence: number(row.record_sequence, "record_sequence")?,
        at: timestamp(row.given_at).0,
        log_index,
    })
}

pub(super) fn proxy_line(head: &Head, row: &ProxyBallotRow, log_index: Option<u64>) -> Result<ProxyLine, RowDamage> {
    let proposal_hash = head.row.record_hash.as_deref().ok_or(RowDamage("record_hash"))?;
    Ok(ProxyLine {
        section: Named,
        record: ProxyBallotV1 {
            namespace: head.domain.namespace,
            proposal: ProposalId::from_uuid(head.row.id).word(),
            proposal_hash: word(proposal_hash, "record_hash")?,
            holder: MemberId::from_uuid(row.holder_id).word(),
            member: MemberId::from_uuid(row.member_id).word(),
            revision: number(row.revision, "revision")?,
            options: row.options.iter().map(|option| option.cast_unsigned()).collect(),
            points: row.points.iter().map(|points| points.cast_unsigned()).collect(),
            salt: word(&row.salt, "salt")?,
        },
        signature: to_hex(&row.signature),
        at: timestamp(row.cast_at).0,
        log_index,
    })
}

pub(super) fn lot_line(head: &Head) -> Result<LotLine, RowDamage> {
    let beacon = head.lot.as_ref().and_then(|lot| {
        Some((
            lot.beacon_block_number?,
            lot.beacon_block_hash.as_deref()?,
            lot.beacon_timestamp?,
        ))
    });
    Ok(LotLine {
        section: Named,
        lot_secret: head.lot_secret,
        beacon: beacon
            .map(|(block_number, hash, at)| {
                Ok::<_, RowDamage>(BundleBeacon {
                    block_number: number(block_number, "beacon_block_number")?,
                    block_hash: word(hash, "beacon_block_hash")?,
                    timestamp: number(at, "beacon_timestamp")?,
                })
            })
            .transpose()?,
    })
}

pub(super) fn tally_line(head: &Head, log_index: Option<u64>) -> Result<TallyLine, RowDamage> {
    let tally = &head.tally;
    let record: TallyRecord = serde_json::from_value(tally.record.clone()).map_err(|_| RowDamage("record"))?;
    let count = tally.count.clone().map(serde_json::from_value).transpose();
    Ok(TallyLine {
        section: Named,
        record: record.0,
        outcome: governance::rule::Outcome::from_name(&tally.outcome).ok_or(RowDamage("outcome"))?,
        reasons: tally.reasons.clone(),
        signed_ballots: number(i64::from(tally.signed_ballots), "signed_ballots")?,
        attested_ballots: number(i64::from(tally.attested_ballots), "attested_ballots")?,
        attested_delegations: number(i64::from(tally.attested_delegations), "attested_delegations")?,
        count: count.map_err(|_| RowDamage("count"))?,
        log_index,
    })
}
