//! Payments that no file of a bank ends: made by hand, or found out where the bank does not speak of them, each with evidence and by two persons;
//! or given back to what the member is owed, for the next cycle to pay.

use chrono::SubsecRound as _;
use governance::bank::{attempt, end_to_end};
use governance::event::{Event, SettlementEvent};
use governance::id::{MemberId, PaymentStatementId, PayoutCycleId};
use governance::ledger::Day;
use governance::payment::{AttemptState, payment_id, payment_word};
use governance::text;
use store::CoopTx;
use store::decision::proposal::clock;
use store::ledger::ledger_lock;
use store::payment::{
    NewAttempt, NewPaymentStatement, PaymentRow, StatementRow, attempt_end, attempt_insert_alone,
    attempts_by_reference, payment_list, statement_insert, statement_list, statement_verdict,
};
use store::revenue::CycleRow;
use uuid::Uuid;
use wire::page::{Page, PageQuery};
use wire::payment::{CarryPayment, JudgeEvidence, PaymentEvidenceView, StatePayment};

use super::books::{CLEARING, DUE, Line, Movement, post};
use super::listing::{Standing, standing};
use super::{four_eyes, issued, not_so};
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::http::actor::{Active, Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::ledger::{chart, date, day};
use crate::services::members::reason;
use crate::services::money;
use crate::services::payouts::approving::require_office;
use crate::services::payouts::freezing::rule_of;
use crate::services::payouts::posting::PAYABLE;
use crate::services::payouts::{amount, digest};
use crate::services::{events, halts, idempotent, paging};

/// The longest name of evidence, in characters.
const REFERENCE_LENGTH_MAX: usize = 140;

fn view(row: StatementRow) -> Result<PaymentEvidenceView, RowDamage> {
    Ok(PaymentEvidenceView {
        id: PaymentStatementId::from_uuid(row.id),
        member: MemberId::from_uuid(row.member_id),
        amount: amount(row.amount)?.to_string(),
        rail: row.rail,
        outcome: row.outcome,
        account: row.path,
        day: day(row.day)?.to_string(),
        reference: row.reference,
        document: digest(&row.document)?,
        stated_by: MemberId::from_uuid(row.stated_by),
        stated_at: row.stated_at,
        verdict: row.verdict,
        judged_by: row.confirmed_by.map(MemberId::from_uuid),
    })
}

/// What is to be paid to a member, with where it stands, of an issued cycle.
async fn payment(
    app: &App,
    tx: &mut CoopTx,
    cycle: &CycleRow,
    member: MemberId,
) -> Result<(PaymentRow, Standing), Problem> {
    let id = PayoutCycleId::from_uuid(cycle.id);
    let rule = rule_of(tx, cycle).await?;
    let rows = payment_list(tx, id, (Uuid::nil(), 1), Some(member)).await?;
    let row = rows.into_iter().next().ok_or_else(Problem::not_found)?;
    let standing = standing(app, tx.coop(), &rule.payout.rails, &row)?;
    Ok((row, standing))
}

/// The next try of a payment.
fn next(id: PayoutCycleId, row: &PaymentRow) -> NewAttempt {
    let word = payment_word(id, MemberId::from_uuid(row.member_id));
    let number = row.number.unwrap_or_default().saturating_add(1);
    NewAttempt {
        payment: payment_id(word),
        member: row.member_id,
        number,
        amount: row.amount,
        reference: end_to_end(attempt(word, u32::from(number.unsigned_abs()))),
        payee_version: None,
        claim_address: None,
    }
}

/// Of which try something is stated, and from which account it was paid.
async fn subject(
    tx: &mut CoopTx,
    (cycle, asked): (&CycleRow, &StatePayment),
    (row, standing): (&PaymentRow, Standing),
) -> Result<((Uuid, i16), Option<Uuid>), Problem> {
    let is_paid = asked.outcome == "paid";
    match standing {
        Standing::Tried(AttemptState::Unknown) if row.rail.as_deref() == Some("bank") => {
            let reference = row.reference.as_deref().unwrap_or_default();
            let tried = attempts_by_reference(tx, &[reference]).await?;
            let tried = tried.into_iter().next().ok_or(RowDamage("reference"))?;
            if asked.ledger_account.is_some() {
                let refusal = "the file says from which account it was to be paid";
                return Err(Problem::field("ledger_account", refusal));
            }
            Ok((
                (tried.payment_id, tried.number),
                is_paid.then_some(tried.bank_account_id),
            ))
        }
        Standing::ByHand if is_paid => {
            let chart = chart(tx).await?;
            let account = chart.values().find(|account| {
                Some(account.id) == asked.ledger_account
                    && account.currency.code() == cycle.currency
                    && account.path.as_str().starts_with("assets:")
            });
            let account = account.ok_or_else(|| {
                let refusal = format!(
                    "name the account of assets in {} from which it was paid",
                    cycle.currency
                );
                Problem::field("ledger_account", refusal)
            })?;
            let new = next(PayoutCycleId::from_uuid(cycle.id), row);
            let now = clock(tx).await?.trunc_subsecs(0);
            attempt_insert_alone(tx, &new, ("manual", "prepared", None), now).await?;
            Ok(((new.payment, new.number), Some(account.id.uuid())))
        }
        Standing::Ready(_) | Standing::ByHand | Standing::Held(_) | Standing::Tried(_) => Err(not_so(
            "Evidence is for what is paid by hand, and for what the bank should have spoken of and did not.",
        )),
    }
}

/// States what became of a payment, with evidence. It counts once another person looked at the evidence.
///
/// # Errors
/// 409 where the payment is neither by hand nor unknown; 422 for what cannot be.
pub async fn state(
    app: &App,
    actor: &Actor<Treasurer>,
    (id, member): (PayoutCycleId, MemberId),
    command: Command<StatePayment>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    if value.outcome != "paid" && value.outcome != "not_paid" {
        return Err(Problem::field("outcome", "paid or not_paid"));
    }
    let paid_on: Day = value.day.parse().map_err(|refusal| Problem::field("day", refusal))?;
    let reference = text::line(&value.reference, REFERENCE_LENGTH_MAX);
    let reference = reference.map_err(|refusal| Problem::text("reference", &refusal))?;
    let mut tx = app.store.coop_tx("payment_state", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let cycle = issued(&mut tx, id).await?;
    let (row, standing) = payment(app, &mut tx, &cycle, member).await?;
    let (tried, account) = subject(&mut tx, (&cycle, &value), (&row, standing)).await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    if date(paid_on)? > now.date_naive() {
        return Err(Problem::field("day", "the day does not lie in the future"));
    }
    let statement = PaymentStatementId::from_uuid(Uuid::now_v7());
    let new = NewPaymentStatement {
        id: statement,
        attempt: tried,
        outcome: &value.outcome,
        account,
        day: date(paid_on)?,
        reference: &reference,
        document: value.document.as_bytes(),
        by: (actor.member, now),
    };
    statement_insert(&mut tx, new).await.map_err(|error| {
        if error.is_constraint("payment_statement_is_alone") {
            return not_so("Evidence of this payment waits for its verdict already.");
        }
        error.into()
    })?;
    Failpoint::PaymentStated.reach();
    let happened = [Event::Settlement(SettlementEvent::Stated {
        statement,
        cycle: id,
        member,
        outcome: &value.outcome,
        document: value.document,
    })];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let row = one(&mut tx, id, statement).await?;
    let answer = Answer::created(&view(row)?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

async fn one(tx: &mut CoopTx, id: PayoutCycleId, statement: PaymentStatementId) -> Result<StatementRow, Problem> {
    // The one after the greatest identifier below its own.
    let before = Uuid::from_u128(statement.uuid().as_u128().saturating_sub(1));
    let rows = statement_list(tx, id, (before, 1)).await?;
    let row = rows.into_iter().find(|row| row.id == statement.uuid());
    row.ok_or_else(Problem::not_found)
}

/// Says whether evidence is right, as somebody who holds an office and did not bring it.
///
/// # Errors
/// 403 for who holds no office or brought it; 409 where it was judged before.
pub async fn judge(
    app: &App,
    actor: &Actor<Active>,
    (id, statement): (PayoutCycleId, PaymentStatementId),
    command: Command<JudgeEvidence>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    require_office(actor)?;
    let mut tx = app.store.coop_tx("payment_judge", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let cycle = issued(&mut tx, id).await?;
    ledger_lock(&mut tx).await?;
    let row = one(&mut tx, id, statement).await?;
    if row.verdict.is_some() {
        return Err(not_so("This evidence was judged before."));
    }
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let verdict = if value.is_right { "right" } else { "wrong" };
    let judged = statement_verdict(&mut tx, statement, verdict, (actor.member, now)).await;
    judged.map_err(|error| {
        if error.is_constraint("payment_statement_is_confirmed_by_another") {
            return four_eyes("You brought this evidence. Somebody else who holds an office looks at it.");
        }
        if error.is_constraint("payment_statement_is_not_confirmed_by_the_paid") {
            return four_eyes("The payment is yours. Somebody else who holds an office looks at the evidence.");
        }
        error.into()
    })?;
    if value.is_right {
        settle(&mut tx, actor.member, (&cycle, &row)).await?;
    } else if row.rail == "manual" {
        attempt_end(&mut tx, &row, AttemptState::Withdrawn.name(), now).await?;
    }
    Failpoint::PaymentJudged.reach();
    let happened = [Event::Settlement(SettlementEvent::Judged {
        statement,
        is_right: value.is_right,
    })];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let row = one(&mut tx, id, statement).await?;
    let answer = Answer::ok(&view(row)?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Ends the try of which right evidence speaks, in the books too.
async fn settle(tx: &mut CoopTx, by: MemberId, (cycle, row): (&CycleRow, &StatementRow)) -> Result<(), Problem> {
    let is_by_hand = row.rail == "manual";
    if !is_by_hand && row.state != AttemptState::Unknown.name() {
        return Err(not_so("The bank spoke of the payment since, and that counts."));
    }
    let lies = if is_by_hand { DUE } else { CLEARING };
    let (goes, state) = match &row.path {
        Some(path) => (path.as_str(), AttemptState::Settled),
        None => (DUE, AttemptState::Rejected),
    };
    let now = clock(tx).await?.trunc_subsecs(0);
    attempt_end(tx, row, state.name(), now).await?;
    let lines = [(lies, row.amount), (goes, row.amount.saturating_neg())];
    let movement = Movement {
        key: &format!("evidence {}", row.id),
        description: &format!("{} by evidence {}", row.outcome, row.reference),
        // Judged after the books of that year were closed, it is posted on the first day that is open.
        effective_on: money::years::first_open(tx, day(row.day)?).await?,
        currency: &cycle.currency,
        lines: lines
            .map(|(path, amount)| Line {
                path,
                amount,
                about: row.payment_id,
            })
            .into(),
    };
    post(tx, by, movement).await?;
    Ok(())
}

/// The evidence of a cycle's payments, the oldest first, for who holds an office.
///
/// # Errors
/// 403 for others; 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Active>, id: PayoutCycleId, query: &PageQuery) -> Result<Answer, Problem> {
    require_office(actor)?;
    let after = paging::after(query)?;
    let mut tx = app.store.coop_tx("payment_evidence_list", actor.coop).await?;
    let _ = store::revenue::cycle_get(&mut tx, id, false)
        .await?
        .ok_or_else(Problem::not_found)?;
    let rows = statement_list(&mut tx, id, (after, paging::rows(query))).await?;
    tx.commit().await?;
    let views = rows.into_iter().map(view).collect::<Result<Vec<_>, _>>()?;
    Answer::ok(&Page::cut(views, query.limit(), |one: &PaymentEvidenceView| {
        one.id.to_string()
    }))
}

/// Gives a payment that nothing pays back to what the member is owed: the next cycle pays it.
///
/// # Errors
/// 409 where a try pays it, paid it, or may still pay it.
pub async fn carry(
    app: &App,
    actor: &Actor<Treasurer>,
    (id, member): (PayoutCycleId, MemberId),
    command: Command<CarryPayment>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let why = reason(&value.reason)?;
    let mut tx = app.store.coop_tx("payment_carry", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let cycle = issued(&mut tx, id).await?;
    ledger_lock(&mut tx).await?;
    let (row, standing) = payment(app, &mut tx, &cycle, member).await?;
    if let Standing::Tried(state) = standing {
        let detail = format!("The payment is {}. Only what nothing pays is carried.", state.name());
        return Err(not_so(detail));
    }
    let new = next(id, &row);
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    attempt_insert_alone(&mut tx, &new, ("carry", "settled", Some(&why)), now).await?;
    let lines = [
        (DUE, row.amount, new.payment),
        (PAYABLE, row.amount.saturating_neg(), row.member_id),
    ];
    let movement = Movement {
        key: &format!("carried {}", new.reference),
        description: &format!("Payment of {} carried to the next cycle", cycle.period),
        effective_on: day(now.date_naive())?,
        currency: &cycle.currency,
        lines: lines.map(|(path, amount, about)| Line { path, amount, about }).into(),
    };
    post(&mut tx, actor.member, movement).await?;
    Failpoint::PaymentCarried.reach();
    let happened = [Event::Settlement(SettlementEvent::Carried {
        cycle: id,
        member,
        reason: &why,
    })];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::ok(&super::listing::shown(app, &mut tx, &cycle, member).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
