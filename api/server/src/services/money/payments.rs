//! Payments of invoices: each once by its reference, matched with what is open, the rest a credit of the member.

use governance::event::{Event, MoneyEvent};
use governance::hash::keccak256;
use governance::id::{DocumentId, IncomingPaymentId, JournalId, MemberId};
use governance::ledger::{Currency, Day, JournalKind};
use governance::money::{DocumentKind, Matched, OpenInvoice, match_payment};
use governance::text;
use store::CoopTx;
use store::coop::member_get;
use store::ledger::{journal_key_get, ledger_lock};
use store::money::{
    DocumentFilter, DocumentRow, NewIncoming, document_get, document_list, incoming_insert, settlement_insert,
};
use uuid::Uuid;
use wire::money::{IncomingPaymentView, ReceivePayment, SettledView};

use super::books::{self, Draft, Line};
use super::documents::{OF_CUSTOMERS, OF_MEMBERS, PREPAID};
use super::{currency_of, day_of, in_force, money_account, not_so};
use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::ledger::{date, day};
use crate::services::{events, idempotent};

/// The most open invoices of a member that a payment is matched with.
const OPEN_MAX: i64 = 1_000;
/// The longest reference and the longest text of a payer, in characters.
const LENGTHS_MAX: (usize, usize) = (80, 500);

/// A payment to record.
pub struct Incoming {
    /// What the bank calls it.
    pub reference: String,
    /// Who paid.
    pub member: Option<MemberId>,
    /// The invoice it names.
    pub invoice: Option<DocumentId>,
    /// How much, in units of the ledger.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// When it came.
    pub received_on: Day,
    /// What the payer wrote.
    pub about: String,
    /// Where the money came.
    pub money: String,
}

/// The key under which the books take a receipt once, whoever brings it and in whichever way.
#[must_use]
pub fn key_of(reference: &str) -> String {
    keccak256(format!("income {reference}").as_bytes()).to_string()
}

fn open(row: &DocumentRow) -> Result<OpenInvoice, Problem> {
    Ok(OpenInvoice {
        id: DocumentId::from_uuid(row.id),
        due_on: day(row.due_on)?,
        open: row.gross.saturating_sub(row.settled),
    })
}

/// What a payment settles.
///
/// # Errors
/// 409 where somebody who is no member pays more than the invoice asks for, or in another currency.
pub async fn matched(tx: &mut CoopTx, incoming: &Incoming) -> Result<Matched, Problem> {
    let mut invoices = Vec::new();
    if let Some(named) = incoming.invoice {
        let row = document_get(tx, named)
            .await?
            .filter(|row| row.kind == DocumentKind::Invoice.name());
        let row = row.ok_or_else(|| Problem::field("invoice", "the co-op has no such invoice"))?;
        if row.currency != incoming.currency.code() || row.member_id != incoming.member.map(|member| member.uuid()) {
            return Err(not_so("The invoice is for somebody else, or in another currency."));
        }
        invoices.push(open(&row)?);
    }
    if let Some(member) = incoming.member {
        let filter = DocumentFilter {
            member: Some(member),
            is_open: true,
        };
        for row in document_list(tx, (Uuid::max(), OPEN_MAX), filter).await? {
            let is_named = incoming.invoice == Some(DocumentId::from_uuid(row.id));
            if row.currency == incoming.currency.code() && !is_named {
                invoices.push(open(&row)?);
            }
        }
    }
    let matched = match_payment(incoming.amount, incoming.invoice, &invoices);
    if incoming.member.is_none() && matched.credit > 0 {
        return Err(not_so(
            "That is more than the invoice asks for, and who pays is no member to whom it could be a credit.",
        ));
    }
    Ok(matched)
}

/// Records a payment: posted, written, told. `None` where it was recorded before. Whoever records holds the book.
///
/// # Errors
/// As [`matched`].
pub async fn receive(
    tx: &mut CoopTx,
    actor: MemberId,
    incoming: &Incoming,
) -> Result<Option<(IncomingPaymentId, JournalId, Matched)>, Problem> {
    if journal_key_get(tx, &key_of(&incoming.reference)).await?.is_some() {
        return Ok(None);
    }
    let matched = matched(tx, incoming).await?;
    let id = IncomingPaymentId::from_uuid(Uuid::now_v7());
    let mut lines: Vec<Line> = vec![(incoming.money.clone(), incoming.amount, Some(id.uuid()))];
    for (invoice, amount) in &matched.settled {
        let (path, subject) = match incoming.member {
            Some(member) => (OF_MEMBERS, member.uuid()),
            None => (OF_CUSTOMERS, invoice.uuid()),
        };
        lines.push((path.to_owned(), amount.saturating_neg(), Some(subject)));
    }
    let subject = incoming.member.map(|member| member.uuid());
    lines.push((PREPAID.to_owned(), matched.credit.saturating_neg(), subject));
    let description = format!("Payment {}", incoming.reference);
    let draft = Draft {
        kind: JournalKind::Payment,
        act: &incoming.reference,
        effective_on: incoming.received_on,
        description: &description,
        currency: &incoming.currency,
        lines,
    };
    let journal = books::post_under(tx, actor, (draft, &key_of(&incoming.reference))).await?;
    let new = NewIncoming {
        id,
        reference: &incoming.reference,
        member: incoming.member,
        amount: incoming.amount,
        credit: matched.credit,
        currency: incoming.currency.code(),
        received_on: date(incoming.received_on)?,
        about: &incoming.about,
        journal,
        actor,
    };
    incoming_insert(tx, new).await?;
    for (invoice, amount) in &matched.settled {
        settlement_insert(tx, (*invoice, journal), ("payment", *amount)).await?;
    }
    let happened = [Event::Money(MoneyEvent::PaymentReceived {
        payment: id,
        member: incoming.member,
        amount: incoming.amount.unsigned_abs(),
        journal,
    })];
    events::append(tx, Some(actor), &happened).await?;
    Ok(Some((id, journal, matched)))
}

async fn parse(tx: &mut CoopTx, body: &ReceivePayment) -> Result<Incoming, Problem> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "._:/-".contains(character);
    if !(1..=LENGTHS_MAX.0).contains(&body.reference.len()) || !body.reference.chars().all(is_plain) {
        return Err(Problem::field(
            "reference",
            "a reference is 1 to 80 letters, digits and . _ : / -",
        ));
    }
    let terms = in_force(tx).await?;
    let currency = currency_of(&terms)?;
    let amount = currency
        .parse_amount(&body.amount)
        .map_err(|refusal| Problem::field("amount", refusal))?;
    if amount <= 0 {
        return Err(Problem::field("amount", "a payment is above zero"));
    }
    let about = if body.about.is_empty() {
        String::new()
    } else {
        text::line(&body.about, LENGTHS_MAX.1).map_err(|refusal| Problem::text("about", &refusal))?
    };
    let member = match (body.invoice, body.member) {
        (Some(invoice), _) => {
            let row = document_get(tx, invoice).await?;
            let row = row.ok_or_else(|| Problem::field("invoice", "the co-op has no such invoice"))?;
            row.member_id.map(MemberId::from_uuid)
        }
        (None, Some(member)) => {
            let found = member_get(tx, member).await?;
            found.ok_or_else(|| Problem::field("member", "the co-op has no such member"))?;
            Some(member)
        }
        (None, None) => return Err(Problem::field("member", "a payment names its invoice or who paid")),
    };
    Ok(Incoming {
        reference: body.reference.clone(),
        member,
        invoice: body.invoice,
        amount,
        received_on: day_of(tx, "received_on", &body.received_on).await?,
        currency,
        about,
        money: money_account(body.money.as_deref())?,
    })
}

fn view(incoming: &Incoming, matched: &Matched, done: Option<(IncomingPaymentId, JournalId)>) -> IncomingPaymentView {
    let amount = |units: i64| incoming.currency.format_amount(i128::from(units));
    IncomingPaymentView {
        id: done.map(|(id, _)| id),
        member: incoming.member,
        amount: amount(incoming.amount),
        currency: incoming.currency.code().to_owned(),
        settled: matched
            .settled
            .iter()
            .map(|(invoice, part)| SettledView {
                invoice: *invoice,
                amount: amount(*part),
            })
            .collect(),
        credit: amount(matched.credit),
        journal: done.map(|(_, journal)| journal),
    }
}

fn before() -> Problem {
    not_so("A receipt with this reference was recorded before. Each is recorded once, here or with the income.")
}

/// What a payment would settle, without recording it.
///
/// # Errors
/// 409 and 422 as [`record`].
pub async fn preview(app: &App, actor: &Actor<Treasurer>, body: ReceivePayment) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("payment_preview", actor.coop).await?;
    let incoming = parse(&mut tx, &body).await?;
    if journal_key_get(&mut tx, &key_of(&incoming.reference)).await?.is_some() {
        return Err(before());
    }
    let matched = matched(&mut tx, &incoming).await?;
    tx.commit().await?;
    Answer::ok(&view(&incoming, &matched, None))
}

/// Records a payment.
///
/// # Errors
/// 409 where it was recorded before, or is more than somebody who is no member owes; 422 with what is wrong.
pub async fn record(app: &App, actor: &Actor<Treasurer>, command: Command<ReceivePayment>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("payment_receive", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    ledger_lock(&mut tx).await?;
    let incoming = parse(&mut tx, &value).await?;
    let (id, journal, matched) = receive(&mut tx, actor.member, &incoming).await?.ok_or_else(before)?;
    let answer = Answer::created(&view(&incoming, &matched, Some((id, journal))))?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
