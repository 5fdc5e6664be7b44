//! How a cycle ends: closed by two persons once everything of it is paid, or undone by two persons before anything is.

use chrono::SubsecRound as _;
use governance::event::{Event, SettlementEvent};
use governance::id::{JournalId, PayoutCycleId};
use store::StoreError;
use store::decision::proposal::clock;
use store::ledger::ledger_lock;
use store::payment::{
    EndRow, closing_ask, closing_finish, closing_get, closing_withdraw, issue_get, reversal_ask, reversal_finish,
    reversal_get, reversal_withdraw,
};
use wire::payment::ReversePayoutCycle;

use super::{books, four_eyes, issued, listing, not_so};
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::{Ask, Command};
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::members::reason;
use crate::services::payouts::approving::require_office;
use crate::services::payouts::locked;
use crate::services::{events, halts, idempotent};

fn refused(error: StoreError) -> Problem {
    if error.is_constraint("payment_closing_is_by_another") || error.is_constraint("payout_reversal_is_by_another") {
        return four_eyes("You asked for it. Somebody else who holds an office looks at it and does it.");
    }
    if error.is_constraint("payment_closing_leaves_nothing") {
        return not_so("Something of the cycle is not paid, or not even in the books. The list of payments says what.");
    }
    if error.is_constraint("payout_reversal_is_of_the_last_cycle") {
        return not_so(
            "A cycle is undone before anything of it is paid or asked of a bank, and before a later one is computed from it.",
        );
    }
    error.into()
}

/// Whether this is the first of two persons; what was done before is not done again.
fn is_first(row: Option<&EndRow>, before: &str) -> Result<bool, Problem> {
    match row {
        None => Ok(true),
        Some(EndRow { done_at: None, .. }) => Ok(false),
        Some(EndRow { done_at: Some(_), .. }) => Err(not_so(before)),
    }
}

/// Why a cycle is undone: who asks for it says so, and whoever confirms it confirms that.
fn agreed(asked: Option<EndRow>, given: Option<String>) -> Result<String, Problem> {
    let Some(asked) = asked else {
        return given.ok_or_else(|| Problem::field("reason", "who asks for it says why"));
    };
    let why = asked.reason.ok_or(RowDamage("reason"))?;
    if given.is_some_and(|given| given != why) {
        let rule = "who asked for it gave another reason: confirm that one, or leave it out";
        return Err(Problem::field("reason", rule));
    }
    Ok(why)
}

/// Closes a cycle of which everything is paid: one who holds an office asks for it, and another one does it.
///
/// # Errors
/// 403 for who holds no office, or asked for it; 409 where something is not paid.
pub async fn close(app: &App, actor: &Actor<Active>, id: PayoutCycleId, ask: &Ask) -> Result<Answer, Problem> {
    require_office(actor)?;
    let mut tx = app.store.coop_tx("payment_closing", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let _ = issued(&mut tx, id).await?;
    ledger_lock(&mut tx).await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let row = closing_get(&mut tx, id).await?;
    let happened = if is_first(row.as_ref(), "The cycle was closed before.")? {
        closing_ask(&mut tx, id, (actor.member, now)).await.map_err(refused)?;
        Event::Settlement(SettlementEvent::ClosingAsked { cycle: id })
    } else {
        closing_finish(&mut tx, id, (actor.member, now))
            .await
            .map_err(refused)?;
        Failpoint::PaymentsClosed.reach();
        Event::Settlement(SettlementEvent::Closed { cycle: id })
    };
    events::append(&mut tx, Some(actor.member), &[happened]).await?;
    let answer = Answer::ok(&listing::progress(app, &mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Undoes a posted cycle before anything of it is paid: one who holds an office asks for it, and another one does it.
///
/// # Errors
/// 403 for who holds no office, or asked for it; 409 where something was paid, or a later cycle was computed from it.
pub async fn reverse(
    app: &App,
    actor: &Actor<Active>,
    id: PayoutCycleId,
    command: Command<ReversePayoutCycle>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    require_office(actor)?;
    let given = value.reason.as_deref().map(reason).transpose()?;
    let mut tx = app.store.coop_tx("payout_reversal", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let cycle = locked(&mut tx, id, "posted").await?;
    ledger_lock(&mut tx).await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let row = reversal_get(&mut tx, id).await?;
    let is_first = is_first(row.as_ref(), "The cycle was undone before.")?;
    let why = agreed(row, given)?;
    let happened = if is_first {
        let asked = reversal_ask(&mut tx, id, &why, (actor.member, now)).await;
        asked.map_err(refused)?;
        Event::Settlement(SettlementEvent::ReversalAsked {
            cycle: id,
            reason: &why,
        })
    } else {
        let posted = JournalId::from_uuid(cycle.journal_id.ok_or(RowDamage("journal_id"))?);
        if let Some(issue) = issue_get(&mut tx, id).await? {
            let _ = books::undo(&mut tx, actor.member, JournalId::from_uuid(issue.journal_id), &why).await?;
        }
        let journal = books::undo(&mut tx, actor.member, posted, &why).await?;
        let done = reversal_finish(&mut tx, (id, journal), (actor.member, now)).await;
        done.map_err(refused)?;
        Failpoint::CycleReversed.reach();
        Event::Settlement(SettlementEvent::Reversed { cycle: id, journal })
    };
    events::append(&mut tx, Some(actor.member), &[happened]).await?;
    let answer = Answer::ok(&listing::progress(app, &mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Takes back what who asks here asked for of a cycle, its closing or its undoing, as long as nobody else did it.
///
/// # Errors
/// 403 for who holds no office; 409 where there is nothing to take back.
pub async fn withdraw(app: &App, actor: &Actor<Active>, id: PayoutCycleId, ask: &Ask) -> Result<Answer, Problem> {
    require_office(actor)?;
    let mut tx = app.store.coop_tx("payout_ending_withdrawal", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let _ = locked(&mut tx, id, "posted").await?;
    ledger_lock(&mut tx).await?;
    let by = (actor.member, clock(&mut tx).await?.trunc_subsecs(0));
    let mut happened = Vec::new();
    if closing_withdraw(&mut tx, id, by).await? {
        happened.push(Event::Settlement(SettlementEvent::ClosingWithdrawn { cycle: id }));
    }
    if reversal_withdraw(&mut tx, id, by).await? {
        happened.push(Event::Settlement(SettlementEvent::ReversalWithdrawn { cycle: id }));
    }
    if happened.is_empty() {
        return Err(not_so(
            "You asked for nothing of this cycle that somebody else did not do yet.",
        ));
    }
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::ok(&listing::progress(app, &mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
