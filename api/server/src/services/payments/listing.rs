//! Where each payment of a cycle stands.

use std::collections::BTreeMap;

use governance::bank::PartyToTransfer;
use governance::id::{CoopId, MemberId, PaymentFileId, PayoutCycleId};
use governance::ledger::Address;
use governance::payment::AttemptState;
use governance::revenue::{Amount, Rail};
use store::CoopTx;
use store::payment::{EndRow, PaymentRow, closing_get, is_carried_on, issue_get, payment_list, reversal_get};
use store::revenue::{CycleRow, cycle_get};
use uuid::Uuid;
use wire::page::{Page, PageQuery};
use wire::payment::{HeldPayment, PaymentProgress, PaymentSum, PayoutPaymentView};

use super::payees::Details;
use crate::app::App;
use crate::http::actor::{Active, Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::paging;
use crate::services::payouts::amount;
use crate::services::payouts::approving::require_office;
use crate::services::payouts::freezing::rule_of;

/// How many payments are read at once.
const ROWS: i64 = 5_000;
/// How many that wait are shown with the whole.
const HELD_SHOWN_MAX: usize = 100;

/// Where a payment goes.
pub enum Target {
    /// To an account of a bank.
    Bank(PartyToTransfer),
    /// To a wallet that claims it.
    Wallet(Address),
}

/// Where a payment stands.
pub enum Standing {
    /// It can stand in the next file, to there.
    Ready(Target),
    /// It is paid by hand.
    ByHand,
    /// It waits for something.
    Held(String),
    /// A try pays it, paid it, or may still pay it.
    Tried(AttemptState),
}

impl Standing {
    /// As it is called.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ready(_) => "ready",
            Self::ByHand => "by_hand",
            Self::Held(_) => "held",
            Self::Tried(state) => state.name(),
        }
    }
}

/// The last try, if there was one.
///
/// # Errors
/// If the row has a state that is none.
pub fn last_state(row: &PaymentRow) -> Result<Option<AttemptState>, RowDamage> {
    let state = row.state.as_deref().map(AttemptState::from_name);
    state.map(|state| state.ok_or(RowDamage("state"))).transpose()
}

/// Where a payment stands, by its last try, its member and where the member wants to be paid.
///
/// # Errors
/// If what a row says cannot be.
pub fn standing(app: &App, coop: CoopId, rails: &[Rail], row: &PaymentRow) -> Result<Standing, Problem> {
    if let Some(state) = last_state(row)?.filter(|state| !state.may_be_tried_again()) {
        return Ok(Standing::Tried(state));
    }
    let held = |why: &str| Ok(Standing::Held(why.to_owned()));
    if row.is_undone {
        return held("the cycle was undone: a later one shares its income again");
    }
    if row.status == "suspended" {
        return held("the membership is suspended");
    }
    let (Some(version), Some(usable_at)) = (row.payee_version, row.usable_at) else {
        return held("the member did not say where to be paid");
    };
    if !row.is_usable {
        let day = usable_at.format("%Y-%m-%d");
        return Ok(Standing::Held(format!(
            "the member said lately where to be paid: wait until {day}, or ask the member and confirm it"
        )));
    }
    if row.payee_rail.as_deref() == Some("manual") {
        return match rails.contains(&Rail::Manual) {
            true => Ok(Standing::ByHand),
            false => held("the member wants to be paid by hand, and the rule does not pay so"),
        };
    }
    let Some(sealed) = &row.sealed else {
        return held("the person was forgotten, and with the person where to pay");
    };
    let details = Details::open(app, coop, (MemberId::from_uuid(row.member_id), version), sealed)?;
    let target = details.target()?.ok_or(RowDamage("sealed"))?;
    match &target {
        Target::Bank(_) if !rails.contains(&Rail::Sepa) => {
            held("the member wants to be paid by the bank, and the rule does not pay so")
        }
        Target::Wallet(_) if !rails.contains(&Rail::Evm) => {
            held("the member wants to claim on a chain, and the rule does not pay so")
        }
        Target::Bank(_) | Target::Wallet(_) => Ok(Standing::Ready(target)),
    }
}

/// Does something with each payment of a cycle, in the order of members, until it says that it is enough.
///
/// # Errors
/// What it meets.
pub async fn each_payment(
    app: &App,
    tx: &mut CoopTx,
    cycle: &CycleRow,
    mut what: impl FnMut(PaymentRow, Standing) -> Result<bool, Problem>,
) -> Result<(), Problem> {
    let rule = rule_of(tx, cycle).await?;
    let (coop, id) = (tx.coop(), PayoutCycleId::from_uuid(cycle.id));
    let mut after = Uuid::nil();
    loop {
        let rows = payment_list(tx, id, (after, ROWS), None).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.member_id;
        for row in rows {
            let standing = standing(app, coop, &rule.payout.rails, &row)?;
            if !what(row, standing)? {
                return Ok(());
            }
        }
    }
}

async fn obstacle(tx: &mut CoopTx, cycle: &CycleRow, payments: u64) -> Result<Option<String>, Problem> {
    if cycle.state != "posted" {
        return Ok(Some(format!(
            "the cycle is {}, and what it owes is paid once it is posted",
            cycle.state
        )));
    }
    if reversal_get(tx, PayoutCycleId::from_uuid(cycle.id))
        .await?
        .is_some_and(|row| row.done_at.is_some())
    {
        return Ok(Some(String::from("the cycle was undone")));
    }
    if is_carried_on(tx, PayoutCycleId::from_uuid(cycle.id)).await? {
        return Ok(Some(String::from(
            "a later cycle was frozen while the books owed it, and pays it",
        )));
    }
    Ok((payments == 0).then(|| String::from("the cycle pays nobody")))
}

/// How far the payments of a cycle are.
///
/// # Errors
/// 404 where there is no such cycle.
pub async fn progress(app: &App, tx: &mut CoopTx, id: PayoutCycleId) -> Result<PaymentProgress, Problem> {
    let cycle = cycle_get(tx, id, false).await?.ok_or_else(Problem::not_found)?;
    let issue = issue_get(tx, id).await?;
    let (mut sums, mut held): (BTreeMap<&str, (u64, i128)>, Vec<HeldPayment>) = (BTreeMap::new(), Vec::new());
    each_payment(app, tx, &cycle, |row, standing| {
        let sum = sums.entry(standing.name()).or_default();
        *sum = (sum.0.saturating_add(1), sum.1.saturating_add(row.amount.into()));
        if let Standing::Held(reason) = standing
            && held.len() < HELD_SHOWN_MAX
        {
            held.push(HeldPayment {
                member: MemberId::from_uuid(row.member_id),
                amount: amount(row.amount)?.to_string(),
                reason,
            });
        }
        Ok(true)
    })
    .await?;
    let written = |units: i128| {
        Amount::from_wide(units)
            .map(|units| units.to_string())
            .ok_or(RowDamage("sum"))
    };
    let payments = sums.values().map(|sum| sum.0).sum();
    let total = written(sums.values().map(|sum| sum.1).sum())?;
    let obstacle = match issue {
        Some(_) => None,
        None => obstacle(tx, &cycle, payments).await?,
    };
    let sums = sums.into_iter().map(|(state, (payments, units))| {
        Ok(PaymentSum {
            state: state.to_owned(),
            payments,
            total: written(units)?,
        })
    });
    let (closing, reversal) = (closing_get(tx, id).await?, reversal_get(tx, id).await?);
    let asked = |row: &EndRow| MemberId::from_uuid(row.asked_by);
    Ok(PaymentProgress {
        closing_asked_by: closing.as_ref().map(asked),
        closed_at: closing.and_then(|row| row.done_at),
        reversal_asked_by: reversal.as_ref().map(asked),
        reversed_at: reversal.as_ref().and_then(|row| row.done_at),
        reversal_reason: reversal.and_then(|row| row.reason),
        cycle: id,
        currency: cycle.currency,
        issued_at: issue.map(|issue| issue.issued_at),
        obstacle,
        payments,
        total,
        sums: sums.collect::<Result<_, RowDamage>>()?,
        held,
    })
}

fn view(row: PaymentRow, standing: &Standing) -> Result<PayoutPaymentView, RowDamage> {
    let waits_for = match standing {
        Standing::Held(reason) => Some(reason.clone()),
        Standing::Ready(_) | Standing::ByHand | Standing::Tried(_) => None,
    };
    Ok(PayoutPaymentView {
        member: MemberId::from_uuid(row.member_id),
        amount: amount(row.amount)?.to_string(),
        state: standing.name().to_owned(),
        reason: waits_for.or(row.reason),
        attempt: row.number.map(|number| u32::from(number.unsigned_abs())),
        attempt_state: row.state,
        rail: row.rail,
        reference: row.reference,
        came_back: row.came_back.map(amount).transpose()?.map(|units| units.to_string()),
        file: row.file_id.map(PaymentFileId::from_uuid),
        changed_at: row.changed_at,
    })
}

/// The payments of a cycle, for who holds an office.
///
/// # Errors
/// 403 for others; 404 where there is no such cycle.
pub async fn list(app: &App, actor: &Actor<Active>, id: PayoutCycleId, query: &PageQuery) -> Result<Answer, Problem> {
    require_office(actor)?;
    let after = paging::after(query)?;
    let mut tx = app.store.coop_tx("payment_list", actor.coop).await?;
    let cycle = cycle_get(&mut tx, id, false).await?.ok_or_else(Problem::not_found)?;
    let rule = rule_of(&mut tx, &cycle).await?;
    let rows = payment_list(&mut tx, id, (after, paging::rows(query)), None).await?;
    tx.commit().await?;
    let views = rows.into_iter().map(|row| {
        let standing = standing(app, actor.coop, &rule.payout.rails, &row)?;
        Ok(view(row, &standing)?)
    });
    let views = views.collect::<Result<Vec<_>, Problem>>()?;
    Answer::ok(&Page::cut(views, query.limit(), |one: &PayoutPaymentView| {
        one.member.to_string()
    }))
}

/// A payment of a cycle, as it is shown.
///
/// # Errors
/// 404 where the cycle pays the member nothing.
pub async fn shown(
    app: &App,
    tx: &mut CoopTx,
    cycle: &CycleRow,
    member: MemberId,
) -> Result<PayoutPaymentView, Problem> {
    let rule = rule_of(tx, cycle).await?;
    let rows = payment_list(tx, PayoutCycleId::from_uuid(cycle.id), (Uuid::nil(), 1), Some(member)).await?;
    let row = rows.into_iter().next().ok_or_else(Problem::not_found)?;
    let standing = standing(app, tx.coop(), &rule.payout.rails, &row)?;
    Ok(view(row, &standing)?)
}

/// What is paid to the member for a cycle.
///
/// # Errors
/// 404 where the cycle pays the member nothing.
pub async fn own(app: &App, actor: &Actor<Member>, id: PayoutCycleId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("payment_get", actor.coop).await?;
    let cycle = cycle_get(&mut tx, id, false).await?.ok_or_else(Problem::not_found)?;
    let view = shown(app, &mut tx, &cycle, actor.member).await?;
    tx.commit().await?;
    Answer::ok(&view)
}
