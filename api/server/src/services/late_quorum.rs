//! Voting that goes on because the quorum was met shortly before it was to end.
//!
//! Whoever locks the proposal to close it looks first, so no vote is closed that was to go on. In the last part of a vote the job looks
//! again and again, so that members see soon that it goes on; a ballot that comes after the announced end and before the job looked is
//! cast once more after a look. Ballots are read in the order of their sequence numbers while no caster is under way, so everyone
//! finds the same ballot, now and later.

use chrono::{DateTime, TimeDelta, Utc};
use governance::ballot::{Form, read_choice};
use governance::event::Event;
use governance::id::{CoopId, MemberId, ProposalId};
use governance::proposal::State;
use governance::rule::{DecisionRule, QuorumWatch, Taken};
use governance::time::Timestamp;
use store::CoopTx;
use store::decision::ballot::{ballots_close, ballots_fetch, ballots_open, turnout};
use store::decision::proposal::{ProposalRow, clock, proposal_extend, proposal_lock, proposal_read};

use crate::app::App;
use crate::services::counting::CountingFault;
use crate::services::decision_rows::{RowDamage, moment, number, rule, state, timestamp};
use crate::services::events;

/// What a roll entry weighs; the schema holds it to that.
const WEIGHT: u128 = 1;

/// What a look at an open vote found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Late {
    /// When voting ends.
    pub(super) ends_at: Option<DateTime<Utc>>,
    /// Whether a ballot may still extend it, so that it is worth looking again and again.
    pub(super) is_open: bool,
    /// When that may begin, where it has not.
    pub(super) look_at: Option<DateTime<Utc>>,
}

/// When an open vote must be looked at first for a late quorum; `None` where its rule asks for none.
pub(super) fn first_look(rule: &DecisionRule, closes_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let seconds = i64::try_from(rule.late_quorum_seconds)
        .ok()
        .filter(|seconds| *seconds > 0)?;
    Some(
        closes_at
            .checked_sub_signed(TimeDelta::try_seconds(seconds)?)
            .unwrap_or(closes_at),
    )
}

/// Extends voting on a proposal that this transaction has locked, if a quorum was met late, and says when it ends.
///
/// # Errors
/// If the database fails.
pub(super) async fn look(tx: &mut CoopTx, row: &ProposalRow, now: DateTime<Utc>) -> Result<Late, CountingFault> {
    let unchanged = Late {
        ends_at: row.ends_at(),
        is_open: false,
        look_at: None,
    };
    let rule = rule(row)?;
    let (Some(closes_at), State::Open) = (row.closes_at, state(row)?) else {
        return Ok(unchanged);
    };
    let Some(first_look) = first_look(&rule, closes_at).filter(|_| row.extended_until.is_none()) else {
        return Ok(unchanged);
    };
    if now < first_look {
        let look_at = Some(first_look);
        return Ok(Late { look_at, ..unchanged });
    }
    let proposal = ProposalId::from_uuid(row.id);
    let watch = watch(tx, row, rule).await?;
    let Some((ballot, until)) = watch.extends(timestamp(closes_at)) else {
        let is_open = watch.met().is_none();
        return Ok(Late { is_open, ..unchanged });
    };
    let ends_at = extend(tx, proposal, ballot, until).await?;
    Ok(Late {
        ends_at: Some(ends_at),
        ..unchanged
    })
}

/// Reads every ballot until one meets the quorum.
async fn watch(tx: &mut CoopTx, row: &ProposalRow, rule: DecisionRule) -> Result<QuorumWatch, CountingFault> {
    let proposal = ProposalId::from_uuid(row.id);
    let eligible: u128 = number(row.roll_weight.unwrap_or_default(), "roll_weight")?;
    let voted: u128 = number(turnout(tx, proposal).await?, "count")?;
    let form = Form::of(&rule.counting);
    let may_be_met = rule.is_quorate(voted.saturating_mul(WEIGHT), eligible);
    let mut watch = QuorumWatch::new(rule, eligible);
    // Where not even all of them together are enough, none need be read.
    if !may_be_met {
        return Ok(watch);
    }
    ballots_open(tx, proposal, i64::MAX).await?;
    loop {
        let rows = ballots_fetch(tx).await?;
        if rows.is_empty() || watch.met().is_some() {
            break;
        }
        for listed in &rows {
            let ballot = &listed.ballot;
            let options: Vec<u16> = ballot.options.iter().map(|option| option.cast_unsigned()).collect();
            let points: Vec<u32> = ballot.points.iter().map(|points| points.cast_unsigned()).collect();
            let choice = read_choice(form, row.options.len(), &options, &points).map_err(|_| RowDamage("options"))?;
            let taken = Taken {
                sequence: number(ballot.sequence, "sequence")?,
                at: timestamp(ballot.cast_at),
            };
            watch.take(MemberId::from_uuid(ballot.member_id).word(), &choice, WEIGHT, taken);
        }
    }
    ballots_close(tx).await?;
    Ok(watch)
}

async fn extend(
    tx: &mut CoopTx,
    proposal: ProposalId,
    ballot: Taken,
    until: Timestamp,
) -> Result<DateTime<Utc>, CountingFault> {
    let ends_at = moment(until).ok_or(RowDamage("extended_until"))?;
    let sequence = i64::try_from(ballot.sequence).map_err(|_| RowDamage("sequence"))?;
    proposal_extend(tx, proposal, sequence, ends_at).await?;
    let happened = [Event::VotingExtended {
        proposal,
        ballot: ballot.sequence,
        closes_at: until,
    }];
    events::append(tx, None, &happened).await?;
    Ok(ends_at)
}

/// When voting ends, as the transaction sees it.
pub(super) async fn end_of(tx: &mut CoopTx, proposal: ProposalId) -> Result<Option<DateTime<Utc>>, CountingFault> {
    Ok(proposal_read(tx, proposal).await?.and_then(|row| row.ends_at()))
}

/// Looks whether voting whose announced end has passed goes on; true where it was extended.
///
/// # Errors
/// If the database fails.
pub(super) async fn goes_on(app: &App, coop: CoopId, proposal: ProposalId) -> Result<bool, CountingFault> {
    let mut tx = app.store.coop_tx("proposal_extend", coop).await?;
    let Some(row) = proposal_lock(&mut tx, proposal).await? else {
        return Ok(false);
    };
    let now = clock(&mut tx).await?;
    let late = look(&mut tx, &row, now).await?;
    tx.commit().await?;
    Ok(late.ends_at.is_some_and(|ends_at| now < ends_at))
}
