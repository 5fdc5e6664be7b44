//! Lists that belong to a decision or to the record of the co-op: roll, one's ballots, tally, records, anchors.

use std::collections::HashMap;

use governance::ballot::Method;
use governance::hash::{Hash32, to_hex};
use governance::id::{MemberId, ProposalId};
use governance::rule::Outcome;
use governance::secrecy::Exposure;
use governance::tally::sheet::Count;
use store::CoopTx;
use store::anchor::{AnchorBatchRow, AnchorSentRow, anchor_batch_list, anchor_batch_list_of_subject, anchor_sent_list};
use store::coop::coop_get;
use store::decision::ballot::{ballots_of_member, turnout};
use store::decision::proposal::{ProposalRow, proposal_lot_secret};
use store::decision::roll::{RollKeyRow, RollMemberRow, member_names, roll_keys_up_to, roll_members};
use store::decision::tally::{LotRow, TallyRow, lot_read, tally_read};
use store::record::{RecordRow, record_list};
use uuid::Uuid;
use wire::decision::{
    AnchorAnswer, AnchorBlock, AnchorsQuery, ElectedCandidate, Lot, MotionCounts, RecordAnswer, RollEntry, RollKey,
    TallyAnswer, TallyRecord, Turnout,
};
use wire::delegation::WeightShares;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, domain, number, rule, signature_kind, word};
use crate::services::paging;
use crate::services::proposals::{Asking, visible};
use crate::services::results::my_ballot;

/// The roll of a proposal; empty until voting opens.
///
/// # Errors
/// 404 where the member sees no such proposal.
pub async fn roll(app: &App, asking: Asking, proposal: ProposalId, page: PageQuery) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("roll_read", asking.coop).await?;
    visible(&mut tx, asking, proposal).await?;
    let after = Some(paging::after(&page)?);
    let rows = roll_members(&mut tx, proposal, after, paging::rows(&page)).await?;
    let rows = Page::cut(rows, page.limit(), |row| row.member_id.to_string());
    let members: Vec<Uuid> = rows.items.iter().map(|row| row.member_id).collect();
    let mut keys: HashMap<Uuid, Vec<RollKey>> = HashMap::new();
    let last = members.last().copied().unwrap_or_default();
    for key in roll_keys_up_to(&mut tx, proposal, after, last).await? {
        keys.entry(key.member_id).or_default().push(roll_key(&key)?);
    }
    let names = member_names(&mut tx, &members).await?;
    tx.commit().await?;
    let mut names: HashMap<Uuid, String> = names.into_iter().map(|row| (row.id, row.display_name)).collect();
    let entry = |row: RollMemberRow| {
        Ok::<_, RowDamage>(RollEntry {
            member: MemberId::from_uuid(row.member_id),
            display_name: names.remove(&row.member_id).ok_or(RowDamage("member_id"))?,
            weight: number(row.weight, "weight")?,
            keys: keys.remove(&row.member_id).unwrap_or_default(),
        })
    };
    Answer::ok(&Page {
        items: rows.items.into_iter().map(entry).collect::<Result<Vec<_>, _>>()?,
        next_cursor: rows.next_cursor,
    })
}

fn roll_key(row: &RollKeyRow) -> Result<RollKey, RowDamage> {
    Ok(RollKey {
        kind: signature_kind(row.kind)?.name().to_owned(),
        public_key: to_hex(&row.public_key),
        registered_sequence: number(row.registered_sequence, "registered_sequence")?,
    })
}

/// The caller's own ballots with their receipts, the first one first.
///
/// # Errors
/// 404 where the member sees no such proposal.
pub async fn my_ballots(app: &App, asking: Asking, proposal: ProposalId, page: PageQuery) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("ballots_mine", asking.coop).await?;
    visible(&mut tx, asking, proposal).await?;
    let coop = coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?;
    let after = sequence_after(&page)?.unwrap_or_default();
    let rows = ballots_of_member(&mut tx, proposal, asking.member, after, paging::rows(&page)).await?;
    tx.commit().await?;
    let rows = Page::cut(rows, page.limit(), |row| row.revision.to_string());
    let namespace = word(&coop.namespace, "namespace")?;
    let ballot = |row| my_ballot(&app.secrets, namespace, proposal, &row);
    Answer::ok(&Page {
        items: rows.items.into_iter().map(ballot).collect::<Result<Vec<_>, _>>()?,
        next_cursor: rows.next_cursor,
    })
}

/// The published count of a proposal.
///
/// # Errors
/// 409 before it is published.
pub async fn tally(app: &App, asking: Asking, proposal: ProposalId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("tally_read", asking.coop).await?;
    let row = visible(&mut tx, asking, proposal).await?;
    let tally = tally_read(&mut tx, proposal).await?.ok_or_else(not_counted_yet)?;
    let lot = lot_read(&mut tx, proposal).await?;
    let secret = proposal_lot_secret(&mut tx, proposal).await?;
    let cast = turnout(&mut tx, proposal).await?;
    tx.commit().await?;
    let lot = match (lot, secret) {
        (Some(lot), Some(secret)) => Some(lot_answer(&lot, &secret)?),
        (Some(_), None) | (None, _) => None,
    };
    Answer::ok(&tally_answer(&row, tally, lot, cast)?)
}

/// The answer where there is no published count.
#[must_use]
pub fn not_counted_yet() -> Problem {
    Problem::new(
        ProblemKind::NotCountedYet,
        "The result is published once voting is closed and counted. Look at the proposal for when voting ends.",
    )
}

fn lot_answer(row: &LotRow, secret: &[u8]) -> Result<Lot, RowDamage> {
    let unsigned = |value: Option<i64>| value.map(|value| number(value, "beacon")).transpose();
    Ok(Lot {
        secret: word(secret, "lot_secret")?,
        beacon: match &row.beacon_block_hash {
            Some(hash) => word(hash, "beacon_block_hash")?,
            None => Hash32::ZERO,
        },
        beacon_block_number: unsigned(row.beacon_block_number)?,
        beacon_timestamp: unsigned(row.beacon_timestamp)?,
        lot: word(&row.lot, "lot")?,
    })
}

fn tally_answer(row: &ProposalRow, tally: TallyRow, lot: Option<Lot>, cast: i64) -> Result<TallyAnswer, RowDamage> {
    let record: TallyRecord = serde_json::from_value(tally.record).map_err(|_| RowDamage("record"))?;
    let count: Option<Count> = tally
        .count
        .map(serde_json::from_value)
        .transpose()
        .map_err(|_| RowDamage("count"))?;
    let method = rule(row)?.method();
    let motion = match (method, record.0.counts.as_slice()) {
        (Method::YesNo | Method::Optimistic, [yes, no, abstain, blank]) => {
            let weight = |weight: &u128| u64::try_from(*weight).map_err(|_| RowDamage("record"));
            Some(MotionCounts {
                yes: weight(yes)?,
                no: weight(no)?,
                abstain: weight(abstain)?,
                blank: weight(blank)?,
            })
        }
        (Method::YesNo | Method::Optimistic, _) => return Err(RowDamage("record")),
        (
            Method::Plurality
            | Method::Approval
            | Method::Score
            | Method::MajorityJudgment
            | Method::Quadratic
            | Method::Dots
            | Method::Budget
            | Method::Irv
            | Method::ScottishStv
            | Method::Meek
            | Method::Schulze
            | Method::Copeland
            | Method::Consent,
            _,
        ) => None,
    };
    let exposures: Vec<Exposure> = serde_json::from_value(tally.exposures).map_err(|_| RowDamage("exposures"))?;
    let outcome = Outcome::from_name(&tally.outcome).ok_or(RowDamage("outcome"))?;
    let elected = elected(row, count.as_ref(), outcome)?;
    let weights = weight_shares(row, (tally.delegated_weight, tally.proxy_weight), &record)?;
    Ok(TallyAnswer {
        proposal: ProposalId::from_uuid(row.id),
        method,
        outcome,
        reasons: tally.reasons,
        turnout: Turnout {
            cast: number(cast, "count")?,
            of: number(i64::from(row.roll_count.unwrap_or(-1)), "roll_count")?,
        },
        motion,
        elected,
        count,
        lot,
        signed_ballots: number(i64::from(tally.signed_ballots), "signed_ballots")?,
        attested_ballots: number(i64::from(tally.attested_ballots), "attested_ballots")?,
        weights,
        attested_delegations: number(i64::from(tally.attested_delegations), "attested_delegations")?,
        exposures: exposures.iter().map(Exposure::to_string).collect(),
        record,
        record_hash: word(&tally.record_hash, "record_hash")?,
        record_sequence: number(tally.record_sequence, "record_sequence")?,
        published_at: tally.published_at,
    })
}

/// Who is elected. Where an election is undecided or lacks its quorum, nobody is, however far the count came.
fn elected(row: &ProposalRow, count: Option<&Count>, outcome: Outcome) -> Result<Vec<ElectedCandidate>, RowDamage> {
    let (Some(count), Outcome::Passed) = (count, outcome) else {
        return Ok(Vec::new());
    };
    let name = |candidate: u16| {
        let name = usize::from(candidate)
            .checked_sub(1)
            .and_then(|index| row.options.get(index));
        Ok::<_, RowDamage>(ElectedCandidate {
            candidate,
            name: name.ok_or(RowDamage("count"))?.clone(),
        })
    };
    count.elected.iter().copied().map(name).collect()
}

/// How the weight of the roll divided.
fn weight_shares(
    row: &ProposalRow,
    (delegated, by_proxy): (i64, i64),
    record: &TallyRecord,
) -> Result<WeightShares, RowDamage> {
    let cast = u64::try_from(record.0.weight).map_err(|_| RowDamage("record"))?;
    let roll: u64 = number(row.roll_weight.unwrap_or(-1), "roll_weight")?;
    let delegated: u64 = number(delegated, "delegated_weight")?;
    Ok(WeightShares {
        direct: cast.checked_sub(delegated).ok_or(RowDamage("delegated_weight"))?,
        delegated,
        by_proxy: number(by_proxy, "proxy_weight")?,
        uncast: roll.checked_sub(cast).ok_or(RowDamage("roll_weight"))?,
    })
}

/// The records of the co-op in their order.
///
/// # Errors
/// 422 for a cursor that is none of ours.
pub async fn records(app: &App, asking: Asking, page: PageQuery) -> Result<Answer, Problem> {
    let after = sequence_after(&page)?.unwrap_or_default();
    let mut tx = app.store.coop_tx("record_list", asking.coop).await?;
    let rows = record_list(&mut tx, after, paging::rows(&page)).await?;
    tx.commit().await?;
    let rows = Page::cut(rows, page.limit(), |row| row.sequence.to_string());
    let record = |row: RecordRow| {
        Ok::<_, RowDamage>(RecordAnswer {
            sequence: number(row.sequence, "sequence")?,
            kind: row.kind,
            subject: word(&row.subject, "subject")?,
            record_hash: word(&row.record_hash, "record_hash")?,
            at: row.at,
        })
    };
    Answer::ok(&Page {
        items: rows.items.into_iter().map(record).collect::<Result<Vec<_>, _>>()?,
        next_cursor: rows.next_cursor,
    })
}

/// The anchors of the co-op, newest first; or those alone that were the first to cover a record of one proposal.
///
/// # Errors
/// 422 for a cursor that is none of ours.
pub async fn anchors(app: &App, asking: Asking, query: AnchorsQuery) -> Result<Answer, Problem> {
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let before = sequence_after(&page)?;
    // The store reads at most this many at once, one of which only tells whether more follow.
    let limit = page.limit().min(
        u16::try_from(store::anchor::ANCHORS_PAGE_MAX)
            .unwrap_or(u16::MAX)
            .saturating_sub(1),
    );
    let mut tx = app.store.coop_tx("anchor_list", asking.coop).await?;
    let rows = match query.proposal {
        Some(proposal) => anchor_batch_list_of_subject(&mut tx, asking.coop, proposal.word()).await?,
        None => anchor_batch_list(&mut tx, asking.coop, before, i64::from(limit).saturating_add(1)).await?,
    };
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let sent = anchor_sent_list(&mut tx, asking.coop, &seqs).await?;
    let coop = coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?;
    tx.commit().await?;
    let namespace = domain(&coop)?.namespace;
    let rows = Page::cut(rows, limit, |row| row.seq.to_string());
    let anchor = |row| anchor_answer(row, &sent, namespace);
    Answer::ok(&Page {
        items: rows.items.into_iter().map(anchor).collect::<Result<Vec<_>, _>>()?,
        next_cursor: rows.next_cursor,
    })
}

/// The newest anchors that nothing undoes.
///
/// # Errors
/// If a row does not hold what it must.
pub async fn final_anchors(tx: &mut CoopTx, namespace: Hash32, count: usize) -> Result<Vec<AnchorAnswer>, Problem> {
    let coop = tx.coop();
    let mut rows = anchor_batch_list(tx, coop, None, store::anchor::ANCHORS_PAGE_MAX).await?;
    rows.retain(|row| row.state == "final");
    rows.truncate(count);
    let seqs: Vec<i64> = rows.iter().map(|row| row.seq).collect();
    let sent = anchor_sent_list(tx, coop, &seqs).await?;
    let anchor = |row| anchor_answer(row, &sent, namespace).map_err(Problem::from);
    rows.into_iter().map(anchor).collect()
}

fn anchor_answer(row: AnchorBatchRow, sent: &[AnchorSentRow], namespace: Hash32) -> Result<AnchorAnswer, RowDamage> {
    Ok(AnchorAnswer {
        seq: number(row.seq, "seq")?,
        size: number(row.size, "size")?,
        prev: word(&row.prev, "prev")?,
        root: word(&row.root, "root")?,
        link: word(&row.expected, "expected")?,
        chain_id: number(row.chain_id, "chain_id")?,
        contract: to_hex(&row.contract),
        namespace,
        state: row.state,
        block: match (row.block_number, &row.block_hash) {
            (Some(block_number), Some(hash)) => Some(AnchorBlock {
                number: number(block_number, "block_number")?,
                hash: word(hash, "block_hash")?,
            }),
            (Some(_), None) | (None, _) => None,
        },
        transactions: sent
            .iter()
            .filter(|transaction| transaction.seq == row.seq)
            .map(|transaction| word(&transaction.hash, "hash"))
            .collect::<Result<_, _>>()?,
        halt_reason: row.halt_reason,
    })
}

/// Where a page of numbered things goes on.
///
/// # Errors
/// 422 for a cursor that is none of ours.
pub fn sequence_after(page: &PageQuery) -> Result<Option<i64>, Problem> {
    let refused = || {
        Problem::new(
            ProblemKind::InvalidQuery,
            "The cursor is not one that this list gave. Start again without it.",
        )
    };
    page.position()
        .map_err(|_| refused())?
        .map(|text| text.parse().map_err(|_| refused()))
        .transpose()
}
