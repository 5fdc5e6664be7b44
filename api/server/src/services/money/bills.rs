//! Suppliers' bills: prepared by one, approved by others who hold an office, posted with the last approval, then paid.

use chrono::SubsecRound as _;
use governance::bank::Iban;
use governance::event::{Event, MoneyEvent};
use governance::hash::Hash32;
use governance::id::{BillId, JournalId, MemberId};
use governance::ledger::{Currency, Day, JournalKind};
use governance::money::{BillHead, BillLine, bill_digest, bill_totals};
use governance::revenue::Amount;
use governance::text;
use store::CoopTx;
use store::coop::bylaws_current;
use store::decision::proposal::clock;
use store::ledger::ledger_lock;
use store::money::{
    BillRow, NewBill, bill_approval_insert, bill_approval_list, bill_approve, bill_cancel, bill_get, bill_insert,
    bill_list, bill_pay,
};
use uuid::Uuid;
use wire::money::{ApproveBill, BillApprovalView, BillLineView, BillView, CancelBill, PayBill, PrepareBill};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemKind;

use super::books::{self, Draft, Line};
use super::{day_of, money_account, not_so};
use crate::app::App;
use crate::http::actor::{Active, Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::ledger::{date, day};
use crate::services::members::reason;
use crate::services::payouts::approving::require_office;
use crate::services::{bylaws, events, halts, idempotent, paging};

/// What suppliers are owed.
const SUPPLIERS: &str = "liabilities:suppliers";
/// The VAT that the tax office gives back.
const INPUT_VAT: &str = "assets:receivable:vat";
/// The longest name of a supplier and text of a line, and the longest reference, in characters.
const LENGTHS_MAX: (usize, usize) = (200, 80);

/// A bill as it was asked for.
struct Asked {
    supplier: String,
    reference: String,
    iban: Option<String>,
    issued_on: Day,
    due_on: Day,
    currency: Currency,
    lines: Vec<BillLine>,
    vat: Amount,
}

async fn parse(tx: &mut CoopTx, body: &PrepareBill) -> Result<Asked, Problem> {
    let line =
        |name: &str, value: &str, max: usize| text::line(value, max).map_err(|refusal| Problem::text(name, &refusal));
    let currency = Currency::money(&body.currency).map_err(|refusal| Problem::field("currency", refusal))?;
    let amount = |name: &str, value: &str| {
        let units = currency
            .parse_amount(value)
            .map_err(|refusal| Problem::field(name, refusal))?;
        Amount::from_wide(i128::from(units)).ok_or_else(|| Problem::field(name, "it is below nothing"))
    };
    let lines = body.lines.iter().map(|each| {
        Ok(BillLine {
            about: line("lines", &each.about, LENGTHS_MAX.0)?,
            amount: amount("lines", &each.amount)?,
            account: each.account.clone(),
        })
    });
    let iban = body.iban.as_deref().map(Iban::parse).transpose();
    Ok(Asked {
        supplier: line("supplier", &body.supplier, LENGTHS_MAX.0)?,
        reference: line("reference", &body.reference, LENGTHS_MAX.1)?,
        iban: iban
            .map_err(|refusal| Problem::field("iban", refusal))?
            .map(|iban| iban.to_string()),
        issued_on: day_of(tx, "issued_on", &body.issued_on).await?,
        due_on: body
            .due_on
            .parse()
            .map_err(|refusal| Problem::field("due_on", refusal))?,
        lines: lines.collect::<Result<_, Problem>>()?,
        vat: body.vat.as_deref().map_or(Ok(Amount::ZERO), |vat| amount("vat", vat))?,
        currency,
    })
}

/// Prepares a bill to be approved.
///
/// # Errors
/// 409 where the supplier's bill is there already; 422 with what is wrong.
pub async fn prepare(app: &App, actor: &Actor<Treasurer>, command: Command<PrepareBill>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("bill_prepare", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let asked = parse(&mut tx, &value).await?;
    if asked.due_on < asked.issued_on {
        return Err(Problem::field("due_on", "it is due before it was written"));
    }
    let totals =
        bill_totals(&asked.currency, &asked.lines, asked.vat).map_err(|refusal| Problem::field("lines", refusal))?;
    let bylaws = bylaws_current(&mut tx).await?.ok_or(RowDamage("bylaws"))?;
    // As the bylaws say that are in force now: the bill keeps it, whatever members decide later.
    let needed = bylaws::content(&bylaws)?.approvals.needed(i128::from(totals.gross));
    let id = BillId::from_uuid(Uuid::now_v7());
    let head = BillHead {
        id,
        supplier: &asked.supplier,
        reference: &asked.reference,
        iban: asked.iban.as_deref(),
        issued_on: asked.issued_on,
        due_on: asked.due_on,
        currency: asked.currency.code(),
        vat: asked.vat,
        file: value.file,
    };
    let digest = bill_digest(&head, &asked.lines);
    let new = NewBill {
        id,
        supplier: head.supplier,
        reference: head.reference,
        iban: head.iban,
        issued_on: date(head.issued_on)?,
        due_on: date(head.due_on)?,
        currency: head.currency,
        amounts: (totals.net, totals.gross),
        lines: &serde_json::to_value(&asked.lines).map_err(Problem::internal)?,
        file: value.file,
        digest,
        approvals_needed: i16::try_from(needed).map_err(Problem::internal)?,
        by: (actor.member, clock(&mut tx).await?.trunc_subsecs(0)),
    };
    bill_insert(&mut tx, new).await?;
    let happened = [Event::Money(MoneyEvent::BillPrepared {
        bill: id,
        digest,
        approvals: needed,
    })];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::created(&shown(&mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The bill in a state, locked.
async fn locked(tx: &mut CoopTx, id: BillId, wanted: &str) -> Result<BillRow, Problem> {
    let row = bill_get(tx, id, true).await?.ok_or_else(Problem::not_found)?;
    if row.state == wanted {
        return Ok(row);
    }
    Err(not_so(format!(
        "The bill is {}, and this is done while it is {wanted}.",
        row.state
    )))
}

fn lines(row: &BillRow) -> Result<Vec<BillLine>, RowDamage> {
    serde_json::from_value(row.lines.clone()).map_err(|_| RowDamage("lines"))
}

fn digest(row: &BillRow) -> Result<Hash32, RowDamage> {
    Hash32::from_slice(&row.digest).ok_or(RowDamage("digest"))
}

/// Posts what a supplier is owed.
async fn post(tx: &mut CoopTx, actor: MemberId, row: &BillRow) -> Result<JournalId, Problem> {
    let currency = Currency::money(&row.currency).map_err(|_| RowDamage("currency"))?;
    let vat = Amount::from_wide(i128::from(row.vat)).ok_or(RowDamage("vat"))?;
    let totals = bill_totals(&currency, &lines(row)?, vat).map_err(|_| RowDamage("lines"))?;
    let costs = totals.accounts.into_iter().map(|(path, sum)| (path, sum, Some(row.id)));
    let mut entries: Vec<Line> = costs.collect();
    entries.push((INPUT_VAT.to_owned(), row.vat, Some(row.id)));
    entries.push((SUPPLIERS.to_owned(), row.gross.saturating_neg(), Some(row.id)));
    let description = format!("Bill {} of {}", row.reference, row.supplier);
    let draft = Draft {
        kind: JournalKind::Bill,
        act: &row.id.to_string(),
        effective_on: day(row.issued_on)?,
        description: &description,
        currency: &currency,
        lines: entries,
    };
    books::post(tx, actor, draft).await
}

/// Approves a proposed bill, as somebody who holds an office and did not prepare it. With the last approval that is needed it is posted.
///
/// # Errors
/// 403 for who holds no office or prepared it; 409 where it is not proposed, or for another digest than its own.
pub async fn approve(
    app: &App,
    actor: &Actor<Active>,
    id: BillId,
    command: Command<ApproveBill>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    require_office(actor)?;
    let mut tx = app.store.coop_tx("bill_approve", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let row = locked(&mut tx, id, "proposed").await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    let fresh = bill_approval_insert(&mut tx, (id, value.digest), (actor.member, now))
        .await
        .map_err(|error| {
            if error.is_constraint("bill_approval_is_by_another") {
                let detail = "You prepared this bill. Somebody else who holds an office approves it.";
                return Problem::new(ProblemKind::FourEyes, detail);
            }
            if error.is_constraint("bill_approval_is_of_what_is_proposed") {
                return not_so("This is not the digest of the bill. Look at it again before you approve it.");
            }
            error.into()
        })?;
    if fresh {
        let happened = [Event::Money(MoneyEvent::BillApproved {
            bill: id,
            digest: value.digest,
        })];
        events::append(&mut tx, Some(actor.member), &happened).await?;
    }
    let given = bill_approval_list(&mut tx, id).await?;
    let standing = given.iter().filter(|approval| approval.holds_office).count();
    if i16::try_from(standing).unwrap_or(i16::MAX) >= row.approvals_needed {
        ledger_lock(&mut tx).await?;
        let journal = post(&mut tx, actor.member, &row).await?;
        bill_approve(&mut tx, (id, journal), now).await?;
        let happened = [Event::Money(MoneyEvent::BillPosted {
            bill: id,
            journal,
            digest: digest(&row)?,
        })];
        events::append(&mut tx, Some(actor.member), &happened).await?;
    }
    let answer = Answer::ok(&shown(&mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Records the payment of an approved bill, if enough of those who approved still hold an office.
///
/// # Errors
/// 409 where it is not approved, or not any more.
pub async fn pay(
    app: &App,
    actor: &Actor<Treasurer>,
    id: BillId,
    command: Command<PayBill>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let money = money_account(value.money.as_deref())?;
    let mut tx = app.store.coop_tx("bill_pay", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    halts::refuse(&mut tx).await?;
    let paid_on = day_of(&mut tx, "paid_on", &value.paid_on).await?;
    let row = locked(&mut tx, id, "approved").await?;
    let approvals = bill_approval_list(&mut tx, id).await?;
    let standing = approvals.iter().filter(|approval| approval.holds_office).count();
    if i16::try_from(standing).unwrap_or(i16::MAX) < row.approvals_needed {
        return Err(not_so("Not enough of those who approved still hold an office."));
    }
    let currency = Currency::money(&row.currency).map_err(|_| RowDamage("currency"))?;
    let description = format!("Payment of bill {} of {}", row.reference, row.supplier);
    let draft = Draft {
        kind: JournalKind::Payment,
        act: &format!("bill {}", row.id),
        effective_on: paid_on,
        description: &description,
        currency: &currency,
        lines: vec![
            (SUPPLIERS.to_owned(), row.gross, Some(row.id)),
            (money, row.gross.saturating_neg(), Some(row.id)),
        ],
    };
    let journal = books::post(&mut tx, actor.member, draft).await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    bill_pay(&mut tx, (id, journal), (actor.member, now)).await?;
    let happened = [Event::Money(MoneyEvent::BillPaid { bill: id, journal })];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::ok(&shown(&mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Cancels a bill that was not approved. The same bill can be prepared anew.
///
/// # Errors
/// 409 where it was approved or cancelled.
pub async fn cancel(
    app: &App,
    actor: &Actor<Treasurer>,
    id: BillId,
    command: Command<CancelBill>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let why = reason(&value.reason)?;
    let mut tx = app.store.coop_tx("bill_cancel", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    let _ = locked(&mut tx, id, "proposed").await?;
    let now = clock(&mut tx).await?.trunc_subsecs(0);
    bill_cancel(&mut tx, (id, &why), (actor.member, now)).await?;
    let happened = [Event::Money(MoneyEvent::BillCancelled {
        bill: id,
        reason: governance::hash::keccak256(why.as_bytes()),
    })];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let answer = Answer::ok(&shown(&mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

async fn shown(tx: &mut CoopTx, id: BillId) -> Result<BillView, Problem> {
    let row = bill_get(tx, id, false).await?.ok_or_else(Problem::not_found)?;
    view(tx, &row).await
}

async fn view(tx: &mut CoopTx, row: &BillRow) -> Result<BillView, Problem> {
    let currency = Currency::money(&row.currency).map_err(|_| RowDamage("currency"))?;
    let id = BillId::from_uuid(row.id);
    let approvals = bill_approval_list(tx, id).await?;
    let amount = |units: i64| currency.format_amount(i128::from(units));
    Ok(BillView {
        id,
        supplier: row.supplier.clone(),
        reference: row.reference.clone(),
        iban: row.iban.clone(),
        issued_on: day(row.issued_on)?.to_string(),
        due_on: day(row.due_on)?.to_string(),
        currency: row.currency.clone(),
        net: amount(row.net),
        vat: amount(row.vat),
        gross: amount(row.gross),
        lines: lines(row)?
            .into_iter()
            .map(|line| BillLineView {
                about: line.about,
                amount: line.amount.to_string(),
                account: line.account,
            })
            .collect(),
        file: row.file_hash.as_deref().and_then(Hash32::from_slice),
        digest: digest(row)?,
        state: row.state.clone(),
        approvals_needed: row.approvals_needed.unsigned_abs(),
        approvals: approvals
            .into_iter()
            .map(|approval| BillApprovalView {
                member: MemberId::from_uuid(approval.member_id),
                at: approval.approved_at,
                holds_office: approval.holds_office,
            })
            .collect(),
        prepared_by: MemberId::from_uuid(row.prepared_by),
        prepared_at: row.prepared_at,
        journal: row.journal_id.map(JournalId::from_uuid),
        payment: row.payment_journal_id.map(JournalId::from_uuid),
        cancel_reason: row.cancel_reason.clone(),
    })
}

/// A bill, for who holds an office.
///
/// # Errors
/// 403 for others, 404 where there is none.
pub async fn get(app: &App, actor: &Actor<Active>, id: BillId) -> Result<Answer, Problem> {
    require_office(actor)?;
    let mut tx = app.store.coop_tx("bill_get", actor.coop).await?;
    let shown = shown(&mut tx, id).await?;
    tx.commit().await?;
    Answer::ok(&shown)
}

/// The bills, the newest first, for who holds an office.
///
/// # Errors
/// 403 for others, 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Active>, query: &PageQuery) -> Result<Answer, Problem> {
    require_office(actor)?;
    let before = super::before(query)?;
    let mut tx = app.store.coop_tx("bill_list", actor.coop).await?;
    let mut views = Vec::new();
    for row in bill_list(&mut tx, (before, paging::rows(query))).await? {
        views.push(view(&mut tx, &row).await?);
    }
    tx.commit().await?;
    Answer::ok(&Page::cut(views, query.limit(), |one: &BillView| one.id.to_string()))
}
