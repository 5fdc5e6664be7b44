//! What a posted cycle pays set aside, so that it is paid one by one and no later cycle pays it again.

use chrono::SubsecRound as _;
use governance::event::Event;
use governance::id::{MemberId, PayoutCycleId};
use governance::payment::{payment_id, payment_word};
use store::decision::proposal::clock;
use store::ledger::ledger_lock;
use store::payment::{NewPayment, issue_get, issue_insert, payment_insert};
use store::revenue::cycle_payouts;

use super::books::{DUE, Line, Movement, post};
use super::{listing, not_so, standing_cycle};
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::http::actor::{Active, Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Ask;
use crate::problem::Problem;
use crate::services::ledger::day;
use crate::services::payouts::approving::require_office;
use crate::services::payouts::posting::PAYABLE;
use crate::services::{events, halts, idempotent};

/// How far the payments of a cycle are, and what issuing it or a next file would do, for who holds an office.
///
/// # Errors
/// 403 for others; 404 where there is no such cycle.
pub async fn show(app: &App, actor: &Actor<Active>, id: PayoutCycleId) -> Result<Answer, Problem> {
    require_office(actor)?;
    let mut tx = app.store.coop_tx("payment_progress", actor.coop).await?;
    let view = listing::progress(app, &mut tx, id).await?;
    tx.commit().await?;
    Answer::ok(&view)
}

/// Issues a posted cycle: what it pays leaves what members are owed, and waits as due.
///
/// # Errors
/// 409 where it is not posted, was issued before, or a later cycle pays it.
pub async fn issue(app: &App, actor: &Actor<Treasurer>, id: PayoutCycleId, ask: &Ask) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("payments_issue", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let cycle = standing_cycle(&mut tx, id).await?;
    // Nothing is frozen between looking whether a later cycle carries it and setting it aside.
    ledger_lock(&mut tx).await?;
    if issue_get(&mut tx, id).await?.is_some() {
        return Err(not_so("The cycle was issued before."));
    }
    let payouts = cycle_payouts(&mut tx, id, None).await?;
    let payments: Vec<NewPayment> = payouts
        .iter()
        .filter(|payout| payout.paid > 0)
        .map(|payout| NewPayment {
            id: payment_id(payment_word(id, MemberId::from_uuid(payout.member_id))),
            member: payout.member_id,
            amount: payout.paid,
        })
        .collect();
    let total: i64 = payments.iter().map(|one| one.amount).sum();
    let count = i32::try_from(payments.len()).map_err(Problem::internal)?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let lines = payments.iter().flat_map(|one| {
        let (owed, due) = (one.amount, one.amount.saturating_neg());
        [(PAYABLE, owed, one.member), (DUE, due, one.id)]
    });
    let movement = Movement {
        key: &format!("payments of {id}"),
        description: &format!("Payments of {} set aside", cycle.period),
        effective_on: day(now.date_naive())?,
        currency: &cycle.currency,
        lines: lines
            .map(|(path, amount, about)| Line { path, amount, about })
            .collect(),
    };
    let journal = post(&mut tx, actor.member, movement).await?;
    let inserted = issue_insert(&mut tx, (id, journal), (count, total), (actor.member, now)).await;
    inserted.map_err(|error| {
        if error.is_constraint("payment_issue_is_of_the_last_cycle") {
            return not_so("A later cycle was frozen while the books owed what this one pays, and pays it.");
        }
        error.into()
    })?;
    payment_insert(&mut tx, id, &payments).await?;
    Failpoint::PaymentsIssued.reach();
    let happened = [Event::PaymentsIssued {
        cycle: id,
        journal,
        payments: count.unsigned_abs(),
        total: total.unsigned_abs(),
    }];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::ok(&listing::progress(app, &mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
