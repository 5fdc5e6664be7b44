//! Credit notes: an invoice is taken back whole, what is left of it, or in part.

use governance::id::{DocumentId, MemberId};
use governance::ledger::{Currency, Day};
use governance::money::{DocumentKind, DocumentLine, lines_left};
use governance::revenue::Amount;
use governance::text;
use store::CoopTx;
use store::ledger::ledger_lock;
use store::money::{DocumentRow, credited_lines, document_get};
use wire::money::{CreditInvoice, CreditedLine, InvoicePreview};

use super::documents::{ABOUT_LENGTH_MAX, Correction, Issue, issue, lines, next_number, rate_view, shown};
use super::{day_of, not_so};
use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::idempotent;
use crate::services::ledger::day;

/// A credit note that is asked for.
struct Asked {
    id: DocumentId,
    row: DocumentRow,
    currency: Currency,
    issued_on: Day,
    reason: String,
    /// The lines of the invoice, of the credit notes before, and of this one.
    invoice: Vec<DocumentLine>,
    before: Vec<DocumentLine>,
    lines: Vec<DocumentLine>,
}

impl Asked {
    async fn read(tx: &mut CoopTx, id: DocumentId, body: &CreditInvoice) -> Result<Self, Problem> {
        let reason = text::line(&body.reason, ABOUT_LENGTH_MAX).map_err(|refusal| Problem::text("reason", &refusal))?;
        let issued_on = day_of(tx, "issued_on", &body.issued_on).await?;
        let row = document_get(tx, id)
            .await?
            .filter(|row| row.kind == DocumentKind::Invoice.name());
        let row = row.ok_or_else(Problem::not_found)?;
        if issued_on < day(row.issued_on)? {
            return Err(Problem::field("issued_on", "the invoice was issued later"));
        }
        let currency = Currency::money(&row.currency).map_err(|_| RowDamage("currency"))?;
        let invoice = lines(&row)?;
        let mut before: Vec<DocumentLine> = Vec::new();
        for note in credited_lines(tx, id).await? {
            let of_note: Vec<DocumentLine> = serde_json::from_value(note).map_err(|_| RowDamage("lines"))?;
            before.extend(of_note);
        }
        let left = lines_left(&invoice, &before);
        if left.is_empty() {
            return Err(not_so("The whole of the invoice was taken back before."));
        }
        let asked = body.lines.as_ref().map(|asked| parts(&currency, &invoice, asked));
        Ok(Self {
            id,
            row,
            issued_on,
            reason,
            lines: asked.transpose()?.unwrap_or(left),
            currency,
            invoice,
            before,
        })
    }

    fn issue(&self) -> Issue<'_> {
        Issue {
            kind: DocumentKind::CreditNote,
            member: self.row.member_id.map(MemberId::from_uuid),
            recipient: &self.row.recipient,
            issued_on: self.issued_on,
            due_on: self.issued_on,
            currency: &self.currency,
            lines: &self.lines,
            period: None,
            money: None,
            corrects: Some(Correction {
                invoice: self.id,
                lines: &self.invoice,
                before: &self.before,
                open: self.row.gross.saturating_sub(self.row.settled),
                reason: &self.reason,
            }),
        }
    }
}

/// Parts of the lines of an invoice, at its rates and from its accounts.
fn parts(currency: &Currency, invoice: &[DocumentLine], asked: &[CreditedLine]) -> Result<Vec<DocumentLine>, Problem> {
    let parts = (1..).zip(asked).map(|(number, part): (usize, _)| {
        let refused = |refusal: String| Problem::field("lines", format!("line {number}: {refusal}"));
        let index = usize::try_from(part.line).ok().and_then(|line| line.checked_sub(1));
        let line = index.and_then(|index| invoice.get(index));
        let line = line.ok_or_else(|| refused(format!("the invoice has the lines 1 to {}", invoice.len())))?;
        let price = match &part.price {
            None => line.price,
            Some(price) => {
                let units = currency
                    .parse_amount(price)
                    .map_err(|refusal| refused(refusal.to_string()))?;
                Amount::from_wide(i128::from(units)).unwrap_or_default()
            }
        };
        Ok(DocumentLine {
            quantity: part.quantity,
            price,
            ..line.clone()
        })
    });
    parts.collect()
}

/// What a credit note would come to, without issuing it.
///
/// # Errors
/// 404, 409 and 422 as [`credit`].
pub async fn preview(
    app: &App,
    actor: &Actor<Treasurer>,
    id: DocumentId,
    body: CreditInvoice,
) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("credit_note_preview", actor.coop).await?;
    let asked = Asked::read(&mut tx, id, &body).await?;
    let note = asked.issue();
    let totals = note.totals()?;
    let (year, number) = next_number(&mut tx, note.kind, note.issued_on).await?;
    tx.commit().await?;
    let amount = |units: i64| asked.currency.format_amount(i128::from(units));
    Answer::ok(&InvoicePreview {
        code: note.kind.code(year, number),
        due_on: note.due_on.to_string(),
        currency: asked.currency.code().to_owned(),
        net: amount(totals.net),
        rates: totals.vat.iter().map(rate_view).collect(),
        gross: amount(totals.gross),
        credit: amount(note.given_back(totals.gross)),
    })
}

/// Takes an invoice back, whole or in part: what is open is not asked for any more, and what was paid beyond is a credit of the member.
///
/// # Errors
/// 404 where it is no invoice, 409 where it was taken back before, 422 for more than is left of it.
pub async fn credit(
    app: &App,
    actor: &Actor<Treasurer>,
    id: DocumentId,
    command: Command<CreditInvoice>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("invoice_credit", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    ledger_lock(&mut tx).await?;
    let asked = Asked::read(&mut tx, id, &value).await?;
    let (note, _) = issue(&mut tx, actor.member, &asked.issue()).await?;
    let answer = Answer::created(&shown(&mut tx, note).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
