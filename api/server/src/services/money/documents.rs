//! Invoices, credit notes and receipts: issued with the next number, posted with it, never changed.

use governance::event::{Event, MoneyEvent};
use governance::id::{DocumentId, JournalId, MemberId};
use governance::ledger::{Currency, Day, JournalKind};
use governance::membership::Role;
use governance::money::{
    DocumentHead, DocumentKind, DocumentLine, MoneyTerms, Totals, VatSum, credit_totals, document_digest, totals,
};
use governance::revenue::Amount;
use governance::text;
use store::CoopTx;
use store::coop::member_get;
use store::ledger::ledger_lock;
use store::money::{
    DocumentFilter, DocumentRow, NewDocument, credit_of, document_get, document_insert, document_last, document_list,
    settlement_insert,
};
use uuid::Uuid;
use wire::money::{
    DocumentLineView, DocumentView, DocumentsQuery, InvoicePreview, IssueInvoice, NewDocumentLine, VatSumView,
};
use wire::page::{Page, PageQuery};

use super::books::{self, Draft, Line};
use super::{before, currency_of, day_of, in_force};
use crate::app::App;
use crate::http::actor::{Actor, Member, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::decision_rows::{RowDamage, number};
use crate::services::ledger::{date, day};
use crate::services::{events, idempotent, paging};

/// The longest text of a line, in characters.
pub const ABOUT_LENGTH_MAX: usize = 200;
/// The longest address of a recipient, in characters.
const RECIPIENT_LENGTH_MAX: usize = 500;
/// What members owe by invoices.
pub const OF_MEMBERS: &str = "assets:receivable:members";
/// What others owe.
pub const OF_CUSTOMERS: &str = "assets:receivable:customers";
/// What members have paid ahead.
pub const PREPAID: &str = "liabilities:members:prepaid";
/// What others have paid and was taken back.
const REPAYABLE: &str = "liabilities:customers";
/// How the periods of invoices for use begin; the number of the last sum of use follows.
pub const OF_USE: &str = "usage-";
/// What is owed to the tax office.
const VAT: &str = "liabilities:tax:vat";

/// A document to issue.
pub struct Issue<'a> {
    /// What it is.
    pub kind: DocumentKind,
    /// The member it is for.
    pub member: Option<MemberId>,
    /// Whom it is addressed to.
    pub recipient: &'a str,
    /// When it is issued.
    pub issued_on: Day,
    /// When it is due.
    pub due_on: Day,
    /// The currency.
    pub currency: &'a Currency,
    /// Its lines.
    pub lines: &'a [DocumentLine],
    /// The period of dues.
    pub period: Option<&'a str>,
    /// Where money came for a receipt.
    pub money: Option<&'a str>,
    /// What a credit note takes back.
    pub corrects: Option<Correction<'a>>,
}

/// What a credit note takes back, and why.
#[derive(Clone, Copy)]
pub struct Correction<'a> {
    /// The invoice.
    pub invoice: DocumentId,
    /// The invoice's lines.
    pub lines: &'a [DocumentLine],
    /// Those of all credit notes before.
    pub before: &'a [DocumentLine],
    /// What is open of the invoice.
    pub open: i64,
    /// Why.
    pub reason: &'a str,
}

impl Issue<'_> {
    /// What it comes to.
    ///
    /// # Errors
    /// 422 for lines of which nothing is made.
    pub fn totals(&self) -> Result<Totals, Problem> {
        match &self.corrects {
            Some(back) => credit_totals(self.currency, back.lines, back.before, self.lines)
                .map_err(|refusal| Problem::field("lines", refusal)),
            None => totals(self.currency, self.lines).map_err(|refusal| Problem::field("lines", refusal)),
        }
    }

    /// Whether it asks for what was used: income since it was told, as what members owe together.
    fn is_of_use(&self) -> bool {
        self.period.is_some_and(|period| period.starts_with(OF_USE))
    }

    /// What of so much is not asked for any more, since it is open of the invoice that is taken back.
    fn not_asked_for(&self, gross: i64) -> i64 {
        self.corrects.map_or(0, |back| back.open.min(gross))
    }

    /// What of so much was paid, and is a credit of the member.
    pub fn given_back(&self, gross: i64) -> i64 {
        if self.corrects.is_some() && self.member.is_some() {
            gross.saturating_sub(self.not_asked_for(gross))
        } else {
            0
        }
    }
}

/// The number that a document would have.
///
/// # Errors
/// 422 for a day before that of the number before.
pub async fn next_number(tx: &mut CoopTx, kind: DocumentKind, on: Day) -> Result<(u16, u32), Problem> {
    let shown = on.to_string();
    let year: u16 = shown.get(..4).and_then(|year| year.parse().ok()).unwrap_or_default();
    let Some((last, issued_on)) = document_last(tx, kind, i32::from(year)).await? else {
        return Ok((year, 1));
    };
    if day(issued_on)? > on {
        let refusal = format!(
            "the number before was issued on {}, and numbers follow the days",
            day(issued_on)?
        );
        return Err(Problem::field("issued_on", refusal));
    }
    Ok((year, u32::try_from(last).unwrap_or(u32::MAX).saturating_add(1)))
}

/// What a document moves, and what of it the member's credit settles at once.
fn lines_of(issue: &Issue<'_>, id: DocumentId, totals: &Totals, credit: i64) -> Vec<Line> {
    let (subject, receivable) = match issue.member {
        Some(member) => (member.uuid(), OF_MEMBERS),
        None => (id.uuid(), OF_CUSTOMERS),
    };
    let line = |path: &str, amount: i64| (path.to_owned(), amount, Some(subject));
    let vat = totals.gross.saturating_sub(totals.net);
    let sign = if issue.kind == DocumentKind::CreditNote { -1 } else { 1 };
    let earned = totals
        .accounts
        .iter()
        .map(|(path, sum)| (if issue.is_of_use() { OF_MEMBERS } else { path.as_str() }, sum))
        .map(|(path, sum)| (path.to_owned(), -sign * sum, Some(id.uuid())));
    let mut lines: Vec<Line> = earned.collect();
    lines.push((VAT.to_owned(), -sign * vat, Some(id.uuid())));
    match issue.kind {
        DocumentKind::Invoice => {
            lines.push(line(receivable, totals.gross.saturating_sub(credit)));
            lines.push(line(PREPAID, credit));
        }
        DocumentKind::Receipt => lines.push(line(issue.money.unwrap_or(super::BANK), totals.gross)),
        DocumentKind::CreditNote => {
            let invoice = issue.corrects.map_or(id, |back| back.invoice);
            let open = issue.not_asked_for(totals.gross);
            let back = open.saturating_sub(totals.gross);
            if issue.member.is_some() {
                lines.extend([line(receivable, open.saturating_neg()), line(PREPAID, back)]);
            } else {
                let of = |path: &str, amount: i64| (path.to_owned(), amount, Some(invoice.uuid()));
                lines.extend([of(receivable, open.saturating_neg()), of(REPAYABLE, back)]);
            }
        }
    }
    lines
}

/// What of an invoice the member's credit settles.
async fn credit_for(tx: &mut CoopTx, issue: &Issue<'_>, totals: &Totals) -> Result<i64, Problem> {
    match (issue.kind, issue.member) {
        (DocumentKind::Invoice, Some(member)) => Ok(credit_of(tx, member).await?.clamp(0, totals.gross)),
        _ => Ok(0),
    }
}

/// Issues a document: numbered, posted, written, told. Whoever issues holds the book.
///
/// # Errors
/// 409 and 422 with what is wrong.
pub async fn issue(tx: &mut CoopTx, actor: MemberId, issue: &Issue<'_>) -> Result<(DocumentId, i64), Problem> {
    let totals = issue.totals()?;
    let (year, number) = next_number(tx, issue.kind, issue.issued_on).await?;
    let (id, code) = (DocumentId::from_uuid(Uuid::now_v7()), issue.kind.code(year, number));
    let credit = credit_for(tx, issue, &totals).await?;
    let draft = Draft {
        kind: if issue.kind == DocumentKind::Receipt {
            JournalKind::Payment
        } else {
            JournalKind::Invoice
        },
        act: &code,
        effective_on: issue.issued_on,
        description: &code,
        currency: issue.currency,
        lines: lines_of(issue, id, &totals, credit),
    };
    let journal = books::post(tx, actor, draft).await?;
    let corrects = issue.corrects.map(|back| (back.invoice, back.reason));
    let head = DocumentHead {
        id,
        kind: issue.kind,
        code: &code,
        member: issue.member,
        recipient: issue.recipient,
        issued_on: issue.issued_on,
        due_on: issue.due_on,
        currency: issue.currency.code(),
        corrects: corrects.map(|(invoice, _)| invoice),
    };
    let digest = document_digest(&head, issue.lines, &totals);
    let new = NewDocument {
        id,
        kind: issue.kind,
        year: i32::from(year),
        number: i32::try_from(number).map_err(Problem::internal)?,
        member: issue.member,
        recipient: issue.recipient,
        issued_on: date(issue.issued_on)?,
        due_on: date(issue.due_on)?,
        currency: issue.currency.code(),
        amounts: (totals.net, totals.gross),
        credit: issue.given_back(totals.gross),
        lines: &serde_json::to_value(issue.lines).map_err(Problem::internal)?,
        vat_lines: &serde_json::to_value(&totals.vat).map_err(Problem::internal)?,
        period: issue.period,
        corrects,
        journal,
        digest,
        actor,
    };
    document_insert(tx, new).await?;
    let (settled, way, amount) = match issue.corrects {
        Some(back) => (back.invoice, "credit_note", issue.not_asked_for(totals.gross)),
        None => (id, "credit", credit),
    };
    if amount > 0 {
        settlement_insert(tx, (settled, journal), (way, amount)).await?;
    }
    let happened = [Event::Money(MoneyEvent::DocumentIssued {
        document: id,
        kind: issue.kind,
        digest,
        journal,
    })];
    events::append(tx, Some(actor), &happened).await?;
    Ok((id, totals.gross))
}

/// The lines of a request under the terms.
fn parse(lines: &[NewDocumentLine], terms: &MoneyTerms, currency: &Currency) -> Result<Vec<DocumentLine>, Problem> {
    let refused = |number: usize, refusal: String| Problem::field("lines", format!("line {number}: {refusal}"));
    let parsed = (1..).zip(lines).map(|(place, line)| {
        let about = text::line(&line.about, ABOUT_LENGTH_MAX).map_err(|refusal| refused(place, refusal.to_string()))?;
        let price = currency
            .parse_amount(&line.price)
            .map_err(|refusal| refused(place, refusal.to_string()))?;
        let price = Amount::from_wide(i128::from(price)).unwrap_or_default();
        let rate = match &line.vat {
            None => None,
            Some(name) => Some(
                terms
                    .rate(name)
                    .ok_or_else(|| refused(place, format!("the terms have no rate of VAT {name}")))?,
            ),
        };
        Ok(DocumentLine {
            about,
            quantity: line.quantity,
            price,
            vat: line.vat.clone(),
            rate,
            account: line.account.clone().unwrap_or_else(|| String::from("income:other")),
        })
    });
    parsed.collect()
}

/// When an invoice is due under the terms.
#[must_use]
pub fn due(terms: &MoneyTerms, issued_on: Day) -> Day {
    let due = issued_on.days().saturating_add(i32::from(terms.payment_days));
    Day::from_days(due).unwrap_or(issued_on)
}

struct Asked {
    terms: MoneyTerms,
    currency: Currency,
    issued_on: Day,
    recipient: String,
    lines: Vec<DocumentLine>,
}

async fn asked(tx: &mut CoopTx, body: &IssueInvoice) -> Result<Asked, Problem> {
    let issued_on = day_of(tx, "issued_on", &body.issued_on).await?;
    let terms = in_force(tx).await?;
    let currency = currency_of(&terms)?;
    let name = match body.member {
        None => None,
        Some(member) => Some(
            member_get(tx, member)
                .await?
                .ok_or_else(|| Problem::field("member", "the co-op has no such member"))?
                .display_name,
        ),
    };
    let recipient = body.recipient.clone().or(name);
    let recipient =
        recipient.ok_or_else(|| Problem::field("recipient", "an invoice is for a member or names its recipient"))?;
    Ok(Asked {
        recipient: text::paragraphs(&recipient, RECIPIENT_LENGTH_MAX)
            .map_err(|refusal| Problem::text("recipient", &refusal))?,
        lines: parse(&body.lines, &terms, &currency)?,
        terms,
        currency,
        issued_on,
    })
}

impl Asked {
    fn issue<'a>(&'a self, member: Option<MemberId>) -> Issue<'a> {
        Issue {
            kind: DocumentKind::Invoice,
            member,
            recipient: &self.recipient,
            issued_on: self.issued_on,
            due_on: due(&self.terms, self.issued_on),
            currency: &self.currency,
            lines: &self.lines,
            period: None,
            money: None,
            corrects: None,
        }
    }
}

/// What an invoice would come to, without issuing it.
///
/// # Errors
/// 409 and 422 as [`invoice`].
pub async fn preview(app: &App, actor: &Actor<Treasurer>, body: IssueInvoice) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("invoice_preview", actor.coop).await?;
    let asked = asked(&mut tx, &body).await?;
    let issue = asked.issue(body.member);
    let totals = issue.totals()?;
    let (year, number) = next_number(&mut tx, issue.kind, issue.issued_on).await?;
    let credit = credit_for(&mut tx, &issue, &totals).await?;
    tx.commit().await?;
    let amount = |units: i64| issue.currency.format_amount(i128::from(units));
    Answer::ok(&InvoicePreview {
        code: issue.kind.code(year, number),
        due_on: issue.due_on.to_string(),
        currency: issue.currency.code().to_owned(),
        net: amount(totals.net),
        rates: totals.vat.iter().map(rate_view).collect(),
        gross: amount(totals.gross),
        credit: amount(credit),
    })
}

/// Issues an invoice.
///
/// # Errors
/// 409 without terms; 422 with what is wrong.
pub async fn invoice(app: &App, actor: &Actor<Treasurer>, command: Command<IssueInvoice>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("invoice_issue", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    ledger_lock(&mut tx).await?;
    let asked = asked(&mut tx, &value).await?;
    let (id, _) = issue(&mut tx, actor.member, &asked.issue(value.member)).await?;
    let answer = Answer::created(&shown(&mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The lines of a document.
///
/// # Errors
/// If the row was written by another version or by hand.
pub fn lines(row: &DocumentRow) -> Result<Vec<DocumentLine>, RowDamage> {
    serde_json::from_value(row.lines.clone()).map_err(|_| RowDamage("lines"))
}

/// What is shown of a rate.
pub fn rate_view(sum: &VatSum) -> VatSumView {
    VatSumView {
        name: sum.name.clone(),
        rate: sum.rate.to_string(),
        net: sum.net.to_string(),
        vat: sum.vat.to_string(),
    }
}

/// A document, as it stands now.
///
/// # Errors
/// If the database fails.
pub async fn shown(tx: &mut CoopTx, id: DocumentId) -> Result<DocumentView, Problem> {
    let row = document_get(tx, id).await?.ok_or_else(Problem::not_found)?;
    Ok(view(&row)?)
}

/// What is shown of a document.
///
/// # Errors
/// If the row was written by another version or by hand.
pub fn view(row: &DocumentRow) -> Result<DocumentView, RowDamage> {
    let currency = Currency::money(&row.currency).map_err(|_| RowDamage("currency"))?;
    let kind = DocumentKind::from_name(&row.kind).ok_or(RowDamage("kind"))?;
    let amount = |units: i64| currency.format_amount(i128::from(units));
    let rates: Vec<VatSum> = serde_json::from_value(row.vat_lines.clone()).map_err(|_| RowDamage("vat_lines"))?;
    let of_lines = lines(row)?.into_iter().map(|line| DocumentLineView {
        about: line.about,
        quantity: line.quantity,
        price: line.price.to_string(),
        vat: line.vat,
        account: line.account,
    });
    let open = if kind == DocumentKind::Invoice {
        row.gross.saturating_sub(row.settled)
    } else {
        0
    };
    Ok(DocumentView {
        id: DocumentId::from_uuid(row.id),
        kind: row.kind.clone(),
        code: code(row)?,
        member: row.member_id.map(MemberId::from_uuid),
        recipient: row.recipient.clone(),
        issued_on: day(row.issued_on)?.to_string(),
        due_on: day(row.due_on)?.to_string(),
        currency: row.currency.clone(),
        net: amount(row.net),
        vat: amount(row.vat),
        gross: amount(row.gross),
        open: amount(open),
        lines: of_lines.collect(),
        rates: rates.iter().map(rate_view).collect(),
        period: row.period.clone(),
        corrects: row.corrects.map(DocumentId::from_uuid),
        credited: amount(row.credited),
        credit_notes: row.credit_notes.iter().copied().map(DocumentId::from_uuid).collect(),
        reason: row.reason.clone(),
        journal: JournalId::from_uuid(row.journal_id),
        digest: governance::hash::Hash32::from_slice(&row.digest).ok_or(RowDamage("digest"))?,
        recorded_at: row.recorded_at,
        by: MemberId::from_uuid(row.actor_id),
    })
}

/// The number of a document as it is printed.
///
/// # Errors
/// If the row was written by another version or by hand.
pub fn code(row: &DocumentRow) -> Result<String, RowDamage> {
    let kind = DocumentKind::from_name(&row.kind).ok_or(RowDamage("kind"))?;
    let year = u16::try_from(row.year).map_err(|_| RowDamage("year"))?;
    let place: u32 = number(i64::from(row.number), "number")?;
    Ok(kind.code(year, place))
}

/// Whether somebody may see what others owe.
#[must_use]
pub fn sees_all(actor: &Actor<Member>) -> bool {
    [Role::Treasurer, Role::Auditor, Role::Steward]
        .into_iter()
        .any(|role| actor.has(role))
}

/// The documents, the newest first: one's own, and everybody's for who holds an office.
///
/// # Errors
/// 422 for a cursor of another list.
pub async fn list(app: &App, actor: &Actor<Member>, query: &DocumentsQuery) -> Result<Answer, Problem> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor.clone(),
    };
    let before = before(&page)?;
    let filter = DocumentFilter {
        member: if sees_all(actor) {
            query.member
        } else {
            Some(actor.member)
        },
        is_open: query.open,
    };
    let mut tx = app.store.coop_tx("document_list", actor.coop).await?;
    let rows = document_list(&mut tx, (before, paging::rows(&page)), filter).await?;
    tx.commit().await?;
    let views = rows.iter().map(view).collect::<Result<Vec<_>, _>>()?;
    Answer::ok(&Page::cut(views, page.limit(), |one: &DocumentView| one.id.to_string()))
}

/// A document: one's own, and everybody's for who holds an office.
///
/// # Errors
/// 404 where there is none, or it is somebody else's.
pub async fn get(app: &App, actor: &Actor<Member>, id: DocumentId) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("document_get", actor.coop).await?;
    let shown = shown(&mut tx, id).await?;
    tx.commit().await?;
    if sees_all(actor) || shown.member == Some(actor.member) {
        Answer::ok(&shown)
    } else {
        Err(Problem::not_found())
    }
}
