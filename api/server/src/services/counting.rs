//! Closing and counting: two transactions, so that nobody who casts waits for a count.
//!
//! The first locks the proposal, ends voting and writes the close marker: casters hold the row for share until they commit, so
//! none is on the way once the lock is granted. The second counts what lies up to the marker, outside any lock, and publishes
//! everything at once, guarded by the state. A crash between any two lines leaves either the work of a job undone, and it is done
//! again, or done, and it is found done. Isolation is READ COMMITTED on purpose: see `store::decision::proposal`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use governance::ballot::{Choice, Form, read_choice};
use governance::event::{CloseReason, Event};
use governance::hash::Hash32;
use governance::id::{CoopId, MemberId, ProposalId};
use governance::proposal::{Asker, Facts, Step, StepRefusal, decide};
use governance::record::{ChainDomain, Record as _, TallyV1};
use governance::rule::{DecisionRule, Outcome};
use governance::secrecy::{Exposure, Privacy};
use governance::tally::motion::MotionTally;
use governance::tally::{CountRefusal, Counted, TieBreak, count};
use governance::time::Timestamp;
use store::coop::coop_get;
use store::decision::ballot::{ballot_answers, ballot_first_sequence, turnout};
use store::decision::delegated::delegated_insert;
use store::decision::delegation::delegation_mark;
use store::decision::job::{JobKind, job_hasten, job_insert};
use store::decision::proposal::{
    ProposalRow, clock, proposal_close, proposal_decide, proposal_lock, proposal_lot_secret, proposal_read,
};
use store::decision::tally::{LotRow, NewTally, lot_insert, tally_insert};
use store::record::{NewRecord, RecordKind, record_append};
use store::{CoopTx, StoreError};
use wire::decision::TallyRecord;

use crate::app::App;
use crate::failpoint::Failpoint;
use crate::http::answer::Answer;
use crate::http::body::{Ask, MaybeBasedOn};
use crate::problem::Problem;
use crate::secrets::random;
use crate::services::counted::{Ballots, carried_ballots};
use crate::services::decision_rows::{Frozen, RowDamage, domain, frozen, number, rule, state, tier, timestamp, word};
use crate::services::delegated::{Delegated, DelegatedFault};
use crate::services::events::{self, EventFault};
use crate::services::lots::{self, Drawn, LotFault};
use crate::services::proposals::{Asking, answer, begin, finish, refused, standing};
use crate::services::{execution, late_quorum, stages};

/// How many rows of what came of delegations one statement writes.
const DELEGATED_ROWS: usize = 5_000;
/// How often to look whether everyone has voted: a five-hundredth of the time voting lasts, within these bounds.
const LOOK_SECONDS: std::ops::RangeInclusive<i64> = 5..=60;

/// Why a decision could not be closed or counted now. Trying again later is right.
#[derive(Debug, thiserror::Error)]
pub enum CountingFault {
    /// The database failed.
    #[error("the database did not answer a count")]
    Store(#[from] StoreError),
    /// A row does not hold what it must.
    #[error("a row that a count needs is damaged")]
    Row(#[from] RowDamage),
    /// Ballots that were accepted cannot be counted.
    #[error("the ballots cannot be counted")]
    Count(#[from] CountRefusal),
    /// The lot could not be drawn.
    #[error("the lot could not be drawn")]
    Lot(#[from] LotFault),
    /// Delegations could not be resolved.
    #[error("delegations could not be resolved")]
    Delegated(#[from] DelegatedFault),
    /// What happened could not be told.
    #[error("an event could not be written")]
    Event(#[from] EventFault),
    /// The work was interrupted, or there is no randomness.
    #[error("the count was interrupted: {0}")]
    Interrupted(String),
}

impl From<CountingFault> for Problem {
    fn from(fault: CountingFault) -> Self {
        match fault {
            CountingFault::Store(error) => error.into(),
            CountingFault::Event(fault) => fault.into(),
            CountingFault::Row(_)
            | CountingFault::Count(_)
            | CountingFault::Lot(_)
            | CountingFault::Delegated(_)
            | CountingFault::Interrupted(_) => Self::internal(format_args!("{:#}", anyhow::Error::from(fault))),
        }
    }
}

/// What closing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReport {
    /// Voting is over, now or since before.
    Closed,
    /// It goes on; look again at this moment.
    Open(DateTime<Utc>),
    /// It will not be closed: the proposal was cancelled, or there is none.
    Ended,
}

/// What counting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountReport {
    /// The tally is published, now or since before.
    Published,
    /// A tie needs the lot, and its beacon is not there yet; look again after this long.
    Waits(Duration),
    /// There is nothing to count: voting is not over, or the proposal was cancelled.
    Nothing,
}

/// When to look next whether everyone on the roll has voted, or the result is settled, where that lets voting end.
#[must_use]
pub fn early_look(now: DateTime<Utc>, closes_at: DateTime<Utc>) -> DateTime<Utc> {
    let lasts = closes_at.signed_duration_since(now).num_seconds();
    let pause = lasts
        .checked_div(500)
        .unwrap_or_default()
        .clamp(*LOOK_SECONDS.start(), *LOOK_SECONDS.end());
    closes_at.min(
        now.checked_add_signed(chrono::TimeDelta::seconds(pause))
            .unwrap_or(closes_at),
    )
}

/// Ends voting if it is time: the first transaction.
///
/// # Errors
/// If the database fails.
pub async fn close(app: &App, coop: CoopId, proposal: ProposalId) -> Result<CloseReport, CountingFault> {
    let mut tx = app.store.coop_tx("proposal_close", coop).await?;
    let Some(row) = proposal_lock(&mut tx, proposal).await? else {
        return Ok(CloseReport::Ended);
    };
    let report = close_locked(&mut tx, &row, None).await?;
    tx.commit().await?;
    if report == CloseReport::Closed {
        Failpoint::CloseCommitted.reach();
    }
    Ok(report)
}

/// Ends voting when a member asks for it, which changes nothing about when it may end.
///
/// # Errors
/// 403 for anyone but the author and stewards, 409 while voting goes on.
pub async fn close_asked(
    app: &App,
    asking: Asking,
    proposal: ProposalId,
    based_on: MaybeBasedOn,
    ask: Ask,
) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("proposal_close", asking.coop).await?;
    if let Some(answer) = begin(&mut tx, asking, &ask).await? {
        return Ok(answer);
    }
    let standing = standing(&mut tx, asking, proposal).await?;
    let asker = asking.asker(&standing.row);
    if !asker.is_author && !asker.is_steward {
        return Err(refused(StepRefusal::AuthorOnly));
    }
    based_on.require(standing.row.version)?;
    match close_locked(&mut tx, &standing.row, Some(asking.member)).await? {
        CloseReport::Closed => {}
        CloseReport::Open(_) => {
            let closes_at = late_quorum::end_of(&mut tx, proposal)
                .await?
                .map_or(Timestamp(0), timestamp);
            return Err(refused(StepRefusal::OpenUntil(closes_at)));
        }
        CloseReport::Ended => return Err(refused(StepRefusal::WrongState(standing.state))),
    }
    // The job that would have closed it later finds nothing to do; it need not wait for that.
    job_hasten(&mut tx, JobKind::Close, proposal).await?;
    let answer = answer(app, &mut tx, asking, proposal, 200).await?;
    let answer = finish(tx, asking, &ask, answer).await?;
    Failpoint::CloseCommitted.reach();
    Ok(answer)
}

/// Ends voting on a proposal that this transaction has locked, if it is time; `actor` is the member who asked, if one did.
///
/// # Errors
/// If the database fails.
pub async fn close_locked(
    tx: &mut CoopTx,
    row: &ProposalRow,
    actor: Option<MemberId>,
) -> Result<CloseReport, CountingFault> {
    let proposal = ProposalId::from_uuid(row.id);
    let now = clock(tx).await?;
    let bylaws = stages::of_proposal(tx, row).await?.bylaws;
    let late = late_quorum::look(tx, row, now).await?;
    let facts = Facts {
        state: state(row)?,
        now: timestamp(now),
        discussed_at: row.discussed_at.map(timestamp),
        closes_at: late.ends_at.map(timestamp),
        roll_count: number(i64::from(row.roll_count.unwrap_or_default()), "roll_count")?,
        voted: if bylaws.close_when_all_voted {
            number(turnout(tx, proposal).await?, "count")?
        } else {
            0
        },
        is_settled: is_settled(tx, row, proposal).await?,
        sponsors: 0,
        objections: 0,
        objection_until: None,
        has_actions: false,
        execute_after: None,
        expires_at: None,
        is_contested: false,
        periods: bylaws.periods(),
    };
    // Whoever asks: time and turnout alone end voting.
    let nobody = Asker {
        is_author: false,
        is_steward: false,
    };
    match decide(&facts, Step::Close, nobody) {
        Ok(_) => {
            let marker = proposal_close(tx, proposal).await?.ok_or(RowDamage("state"))?;
            delegation_mark(tx, proposal).await?;
            let happened = [Event::ProposalClosed {
                proposal,
                last_ballot: number(marker, "close_marker")?,
                why: if facts.closes_at.is_some_and(|closes_at| facts.now >= closes_at) {
                    CloseReason::Time
                } else if facts.is_settled {
                    CloseReason::Settled
                } else {
                    CloseReason::AllVoted
                },
            }];
            events::append(tx, actor, &happened).await?;
            job_insert(tx, JobKind::Count, proposal, now).await?;
            Failpoint::CloseMarked.reach();
            Ok(CloseReport::Closed)
        }
        Err(StepRefusal::OpenUntil(_)) => {
            let closes_at = late.ends_at.ok_or(RowDamage("closes_at"))?;
            let look = if bylaws.close_when_all_voted || bylaws.rule.early || late.is_open {
                early_look(now, closes_at)
            } else {
                late.look_at.unwrap_or(closes_at)
            };
            Ok(CloseReport::Open(look))
        }
        Err(_) if row.close_marker.is_some() => Ok(CloseReport::Closed),
        Err(_) => Ok(CloseReport::Ended),
    }
}

/// Whether no further ballot can change the result of an open proposal, where its rule lets voting end then. Ballots are open and
/// final under such a rule, and nobody votes for another.
async fn is_settled(tx: &mut CoopTx, row: &ProposalRow, proposal: ProposalId) -> Result<bool, CountingFault> {
    let rule = rule(row)?;
    if !rule.early || row.secrecy != 0 {
        return Ok(false);
    }
    let mut tally = MotionTally::default();
    for answer in ballot_answers(tx, proposal).await? {
        let weight = number(answer.weight, "weight")?;
        match read_choice(Form::of(&rule.counting), 0, &[answer.answer.cast_unsigned()], &[1]) {
            Ok(Choice::Motion(choice)) => tally.add(choice, weight),
            Ok(_) | Err(_) => return Err(RowDamage("options").into()),
        }
    }
    let eligible: u128 = number(row.roll_weight.unwrap_or_default(), "roll_weight")?;
    Ok(rule.early(&tally, eligible).is_some())
}

/// What is counted, read without any lock: nothing of it changes once voting is over.
struct Evidence {
    namespace: Hash32,
    anchored_on: Option<ChainDomain>,
    proposal: ProposalId,
    proposal_hash: Hash32,
    rule: DecisionRule,
    options: usize,
    frozen: Frozen,
    lot_secret: Hash32,
    closed_at: DateTime<Utc>,
    log_from: u64,
    log_to: u64,
    ballots: Ballots,
    row: ProposalRow,
    delegated: Delegated,
    privacy: Privacy,
}

/// Counts a closed proposal and publishes the tally: the second transaction.
///
/// # Errors
/// If the database fails, or the chain where the lot needs it.
pub async fn count_closed(app: &App, coop: CoopId, proposal: ProposalId) -> Result<CountReport, CountingFault> {
    let evidence = match gather(app, coop, proposal).await? {
        Ok(evidence) => evidence,
        Err(report) => return Ok(report),
    };
    let (evidence, counted) = count_ballots(evidence, TieBreak::None).await?;
    match counted {
        Ok(counted) => publish(app, coop, &evidence, &counted, None).await,
        Err(CountRefusal::NeedsLot(_)) => {
            let drawn = lots::draw(app, evidence.anchored_on, evidence.lot_secret, evidence.closed_at).await?;
            let lot = match drawn {
                Drawn::Lot(lot) => lot,
                Drawn::Waits(delay) => return Ok(CountReport::Waits(delay)),
            };
            let (evidence, counted) = count_ballots(evidence, TieBreak::Lot(lot.lot)).await?;
            publish(app, coop, &evidence, &counted?, Some(&lot.row())).await
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn gather(app: &App, coop: CoopId, proposal: ProposalId) -> Result<Result<Evidence, CountReport>, CountingFault> {
    let mut tx = app.store.coop_tx("tally_count", coop).await?;
    let Some(row) = proposal_read(&mut tx, proposal).await? else {
        return Ok(Err(CountReport::Nothing));
    };
    let Some(marker) = row.close_marker else {
        return Ok(Err(CountReport::Nothing));
    };
    if state(&row)? != governance::proposal::State::Closed {
        return Ok(Err(CountReport::Published));
    }
    let place = coop_get(&mut tx).await?.ok_or(RowDamage("coop_id"))?;
    let rule = rule(&row)?;
    let secret = proposal_lot_secret(&mut tx, proposal)
        .await?
        .ok_or(RowDamage("lot_secret"))?;
    let frozen = frozen(&row)?.ok_or(RowDamage("record_hash"))?;
    let (ballots, delegated) = carried_ballots(&mut tx, (&row, &frozen), &rule).await?;
    let log_from = ballot_first_sequence(&mut tx, proposal).await?.unwrap_or_default();
    let bylaws = stages::of_proposal(&mut tx, &row).await?.bylaws;
    tx.commit().await?;
    let domain = domain(&place)?;
    Ok(Ok(Evidence {
        namespace: domain.namespace,
        anchored_on: domain.chain,
        proposal,
        proposal_hash: word(row.record_hash.as_deref().unwrap_or_default(), "record_hash")?,
        rule,
        options: row.options.len(),
        frozen,
        lot_secret: word(&secret, "lot_secret")?,
        closed_at: row.closed_at.ok_or(RowDamage("closed_at"))?,
        log_from: number(log_from, "sequence")?,
        log_to: number(marker, "close_marker")?,
        ballots,
        row,
        delegated,
        privacy: bylaws.privacy,
    }))
}

/// Counting a large election takes a while; other requests of this thread need not wait for it.
async fn count_ballots(
    evidence: Evidence,
    tie: TieBreak,
) -> Result<(Evidence, Result<Counted, CountRefusal>), CountingFault> {
    let counting = tokio::task::spawn_blocking(move || {
        let choices = evidence.ballots.choices.iter().cloned();
        let weight = u128::from(evidence.frozen.roll_weight);
        let counted = count(&evidence.rule, evidence.options, choices, weight, &tie);
        (evidence, counted)
    });
    counting
        .await
        .map_err(|error| CountingFault::Interrupted(error.to_string()))
}

fn tally_record(evidence: &Evidence, counted: &Counted, salt: Hash32) -> Result<TallyV1, RowDamage> {
    Ok(TallyV1 {
        namespace: evidence.namespace,
        proposal: evidence.proposal.word(),
        proposal_hash: evidence.proposal_hash,
        roll: evidence.frozen.roll_root,
        ballots: evidence.ballots.root(evidence.proposal),
        ballot_count: u32::try_from(evidence.ballots.cast.len()).map_err(|_| RowDamage("ballot"))?,
        weight: evidence.ballots.weight,
        counts: counted.counts.clone(),
        outcome: counted.outcome.code(),
        log_from: evidence.log_from,
        log_to: evidence.log_to,
        delegations: evidence.delegated.root,
        certificate: counted.certificate,
        scale: counted.scale,
        salt,
    })
}

/// What the count lets be found out of single members although their ballots are to be secret.
fn exposures(evidence: &Evidence) -> Result<Vec<Exposure>, RowDamage> {
    let ballots = evidence.ballots.choices.iter();
    let ballots = ballots.map(|(choice, weight)| (choice, *weight));
    Ok(evidence.privacy.exposures_of_count(tier(&evidence.row)?, ballots))
}

/// Outcome, record, tally and lot at once, or nothing if another worker was first.
async fn publish(
    app: &App,
    coop: CoopId,
    evidence: &Evidence,
    counted: &Counted,
    lot: Option<&LotRow>,
) -> Result<CountReport, CountingFault> {
    let salt = random().map_err(|error| CountingFault::Interrupted(error.to_string()))?;
    let record = tally_record(evidence, counted, Hash32::from_bytes(salt))?;
    let record_hash = record.struct_hash();
    let as_json = |error: serde_json::Error| CountingFault::Interrupted(error.to_string());
    let record = serde_json::to_value(TallyRecord(record)).map_err(as_json)?;
    let count = counted
        .count
        .as_ref()
        .map(serde_json::to_value)
        .transpose()
        .map_err(as_json)?;
    let outcome: Outcome = counted.outcome;
    let exposures = serde_json::to_value(exposures(evidence)?).map_err(as_json)?;
    Failpoint::BallotsCounted.reach();

    let mut tx = app.store.coop_tx("tally_publish", coop).await?;
    let next = execution::after_count(&mut tx, &evidence.row, (outcome, counted.count.as_ref())).await?;
    if !proposal_decide(&mut tx, evidence.proposal, next.state.name(), next.times).await? {
        return Ok(CountReport::Published);
    }
    let new = NewRecord {
        kind: RecordKind::Tally,
        subject: evidence.proposal.word(),
        record_hash,
    };
    let tally = NewTally {
        outcome: outcome.name(),
        reasons: &counted.reasons,
        record: &record,
        record_hash,
        record_sequence: record_append(&mut tx, new).await?,
        count: count.as_ref(),
        signed_ballots: i32::try_from(evidence.ballots.signed).map_err(|_| RowDamage("ballot"))?,
        attested_ballots: i32::try_from(evidence.ballots.attested).map_err(|_| RowDamage("ballot"))?,
        delegated_weight: i64::try_from(evidence.delegated.weight).map_err(|_| RowDamage("weight"))?,
        proxy_weight: i64::try_from(evidence.delegated.proxy_weight).map_err(|_| RowDamage("weight"))?,
        attested_delegations: i32::try_from(evidence.delegated.attested).map_err(|_| RowDamage("delegation"))?,
        exposures: &exposures,
    };
    tally_insert(&mut tx, evidence.proposal, tally).await?;
    for rows in evidence.delegated.rows.chunks(DELEGATED_ROWS) {
        delegated_insert(&mut tx, evidence.proposal, rows).await?;
    }
    let happened = [Event::ResultPublished {
        proposal: evidence.proposal,
        tally_hash: record_hash,
        outcome,
    }];
    events::append(&mut tx, None, &happened).await?;
    execution::ask(&mut tx, evidence.proposal, next).await?;
    stages::follow(
        &mut tx,
        &evidence.row,
        next.state,
        (evidence.proposal_hash, record_hash),
    )
    .await?;
    if let Some(lot) = lot {
        lot_insert(&mut tx, evidence.proposal, lot).await?;
    }
    Failpoint::TallyStored.reach();
    tx.commit().await?;
    Failpoint::TallyPublished.reach();
    Ok(CountReport::Published)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whether_everyone_has_voted_is_looked_at_often_enough_and_not_too_often() {
        let at = |seconds: i64| DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap();
        for (now, closes_at, look_at) in [
            (0, 3, 3),
            (0, 100, 5),
            (0, 5_000, 10),
            (0, 86_400, 60),
            (86_399, 86_400, 86_400),
            (10, 5, 5),
        ] {
            assert_eq!(early_look(at(now), at(closes_at)), at(look_at), "{now} {closes_at}");
        }
    }
}
