//! Reminders of votes by mail: to members on the roll who have not voted, when voting opens and a day before it ends, as they wish.
//!
//! A reminder and its mail are made in one statement, one row for each member, vote and time, so that nobody is reminded twice however
//! often a round is begun. The mail names co-op, deadline and address alone: neither title nor choice nor anything another member wrote.

use std::time::Duration;

use chrono::TimeDelta;
use governance::id::{CoopId, MemberId, ProposalId};
use store::StoreError;
use store::decision::reminder::{
    CLOSING_HOURS, RemindedVote, SHORT_HOURS, reminded_vote, reminder_wish_read, reminder_wish_set, reminders_enqueue,
};
use store::errand::ErrandEnd;
use uuid::Uuid;
use wire::decision::{ReminderSettings, ReminderWish};
use wire::problem::ProblemKind;

use crate::app::App;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::links::parse_unsubscription;
use crate::services::proposals::Asking;

/// How many members one transaction looks at.
const MEMBERS_PER_STEP: i64 = 500;
/// How many such steps a claim takes before it is given back for others.
const STEPS_MAX: usize = 40;

/// Which round of a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// When voting opened.
    Opening,
    /// A day before it ends.
    Closing,
}

/// The caller's wish.
///
/// # Errors
/// If the database fails.
pub async fn read(app: &App, asking: Asking) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("reminder_wish_read", asking.coop).await?;
    let wish = reminder_wish_read(&mut tx, asking.member).await?;
    tx.commit().await?;
    let wish = match wish {
        Some(name) => ReminderWish::from_name(&name).ok_or(RowDamage("wish"))?,
        None => ReminderWish::Both,
    };
    Answer::ok(&ReminderSettings { wish })
}

/// Notes the caller's wish.
///
/// # Errors
/// If the database fails.
pub async fn change(app: &App, asking: Asking, settings: ReminderSettings) -> Result<Answer, Problem> {
    set(app, asking.coop, asking.member, settings.wish).await?;
    Answer::ok(&settings)
}

/// Ends reminders for whoever holds the link of one. The link allows nothing else, works as often as it is used, and needs no session.
///
/// # Errors
/// 410 where the link is not one of ours.
pub async fn unsubscribe(app: &App, token: &str) -> Result<Answer, Problem> {
    let refused = || {
        Problem::new(
            ProblemKind::LinkRefused,
            "This link is not one that we sent. Sign in and choose on the page of your co-op when to be reminded.",
        )
    };
    let (coop, member) = parse_unsubscription(&app.secrets, token).ok_or_else(refused)?;
    match set(app, coop, member, ReminderWish::Off).await {
        Err(error) if error.is_constraint("reminder_wish_has_a_member") => return Err(refused()),
        result => result?,
    }
    Answer::ok(&ReminderSettings {
        wish: ReminderWish::Off,
    })
}

async fn set(app: &App, coop: CoopId, member: MemberId, wish: ReminderWish) -> Result<(), StoreError> {
    let mut tx = app.store.coop_tx("reminder_wish_set", coop).await?;
    reminder_wish_set(&mut tx, member, wish.name()).await?;
    tx.commit().await
}

/// Queues the mails of one round; in steps, so that a large roll holds no transaction open for long.
///
/// # Errors
/// If the database fails; what was queued until then is not queued again.
pub async fn round(app: &App, coop: CoopId, proposal: ProposalId, round: Round) -> Result<ErrandEnd, StoreError> {
    let mut after = Uuid::nil();
    for _ in 0..STEPS_MAX {
        let mut tx = app.store.coop_tx("reminders_enqueue", coop).await?;
        let Some(vote) = reminded_vote(&mut tx, proposal).await? else {
            return Ok(ErrandEnd::Done);
        };
        // Voting may have been prolonged since.
        if let Some(early) = too_early(&vote, round) {
            return Ok(ErrandEnd::Wait(early));
        }
        let (kind, wishes) = whom(&vote, round);
        let done = reminders_enqueue(&mut tx, (proposal, kind), wishes, after, MEMBERS_PER_STEP).await?;
        tx.commit().await?;
        match done.last {
            Some(last) => after = last,
            None => return Ok(ErrandEnd::Done),
        }
    }
    Ok(ErrandEnd::Wait(Duration::ZERO))
}

/// How long until the round is due, where it is not yet.
fn too_early(vote: &RemindedVote, round: Round) -> Option<Duration> {
    let due = match round {
        Round::Opening => return None,
        Round::Closing => vote.closes_at - TimeDelta::hours(CLOSING_HOURS),
    };
    (due - vote.now).to_std().ok().filter(|early| !early.is_zero())
}

/// The name of the round's reminders, and who wishes one.
fn whom(vote: &RemindedVote, round: Round) -> (&'static str, &'static [&'static str]) {
    let is_short = vote.closes_at - vote.opens_at < TimeDelta::hours(SHORT_HOURS);
    match round {
        // A short vote has no other round.
        Round::Opening if is_short => ("opening", &["opening", "closing", "both"]),
        Round::Opening => ("opening", &["opening", "both"]),
        Round::Closing => ("closing", &["closing", "both"]),
    }
}
