//! What members used of the tools, asked for by an invoice of each: what became owed since the invoice before, in the currency of the terms.

use governance::id::{DocumentId, MemberId};
use governance::ledger::{Currency, Day};
use governance::money::{DocumentKind, DocumentLine, MoneyTerms, totals};
use governance::revenue::Amount;
use governance::text;
use store::CoopTx;
use store::ledger::ledger_lock;
use store::money::{UsageOwedRow, usage_uncharged};
use wire::money::{ChargeUsage, DuesLine, UsageCharged, UsagePreview};

use super::documents::{Issue, OF_USE, due, issue};
use super::{currency_of, day_of, in_force, not_so};
use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::idempotent;
use crate::services::ledger::day;

/// How many members are charged at once; where there are more, charging is repeated.
const CHARGED_MAX: i64 = 20_000;
/// Where it counts as income, since it was told.
const EARNED: &str = "income:ai-usage";

/// What one member is charged.
struct Charge {
    row: UsageOwedRow,
    line: DocumentLine,
    gross: i64,
}

/// What charging does.
struct Charges {
    terms: MoneyTerms,
    currency: Currency,
    issued_on: Day,
    charges: Vec<Charge>,
}

fn line(
    row: &UsageOwedRow,
    vat: Option<&str>,
    (terms, currency): (&MoneyTerms, &Currency),
) -> Result<DocumentLine, Problem> {
    let places = currency.exponent().saturating_sub(currency.minor_digits());
    let units = i128::from(row.minor).saturating_mul(10_i128.saturating_pow(places.into()));
    Ok(DocumentLine {
        about: format!(
            "Use of the tools from {} to {}",
            day(row.first_day)?,
            day(row.last_day)?
        ),
        quantity: 1,
        price: Amount::from_wide(units).ok_or(RowDamage("minor"))?,
        rate: vat.and_then(|name| terms.rate(name)),
        vat: vat.map(str::to_owned),
        account: EARNED.to_owned(),
    })
}

async fn charges(tx: &mut CoopTx, body: &ChargeUsage) -> Result<Charges, Problem> {
    let issued_on = day_of(tx, "issued_on", &body.issued_on).await?;
    let terms = in_force(tx).await?;
    let currency = currency_of(&terms)?;
    if let Some(name) = &body.vat
        && terms.rate(name).is_none()
    {
        return Err(Problem::field("vat", format!("the terms have no rate of VAT {name}")));
    }
    let mut charges = Vec::new();
    for row in usage_uncharged(tx, currency.code(), CHARGED_MAX).await? {
        let line = line(&row, body.vat.as_deref(), (&terms, &currency))?;
        let sum = totals(&currency, std::slice::from_ref(&line)).map_err(|refusal| not_so(refusal.to_string()))?;
        charges.push(Charge {
            row,
            line,
            gross: sum.gross,
        });
    }
    Ok(Charges {
        terms,
        currency,
        issued_on,
        charges,
    })
}

impl Charges {
    fn total(&self) -> String {
        let total: i128 = self.charges.iter().map(|charge| i128::from(charge.gross)).sum();
        self.currency.format_amount(total)
    }
}

/// What charging would do, member by member, without doing it.
///
/// # Errors
/// 409 without terms; 422 for a rate of VAT that they have not.
pub async fn preview(app: &App, actor: &Actor<Treasurer>, body: ChargeUsage) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("usage_preview", actor.coop).await?;
    let found = charges(&mut tx, &body).await?;
    tx.commit().await?;
    let mut lines: Vec<DuesLine> = Vec::with_capacity(found.charges.len());
    for charge in &found.charges {
        lines.push(DuesLine {
            member: MemberId::from_uuid(charge.row.member_id),
            name: charge.row.name.clone(),
            gross: found.currency.format_amount(i128::from(charge.gross)),
        });
    }
    lines.sort_by(|one, other| (&one.name, one.member).cmp(&(&other.name, other.member)));
    Answer::ok(&UsagePreview {
        lines,
        total: found.total(),
        currency: found.terms.currency.clone(),
    })
}

/// Charges what members owe for their use: an invoice for each whom none asked for it yet.
///
/// # Errors
/// As [`preview`], and 409 where nobody owes anything.
pub async fn charge(app: &App, actor: &Actor<Treasurer>, command: Command<ChargeUsage>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("usage_charge", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    ledger_lock(&mut tx).await?;
    let found = charges(&mut tx, &value).await?;
    if found.charges.is_empty() {
        return Err(not_so("Nobody owes anything for use that no invoice asked for yet."));
    }
    let mut invoices: Vec<DocumentId> = Vec::with_capacity(found.charges.len());
    for charge in &found.charges {
        let recipient = text::line(&charge.row.name, 500).map_err(|_| RowDamage("display_name"))?;
        let new = Issue {
            kind: DocumentKind::Invoice,
            member: Some(MemberId::from_uuid(charge.row.member_id)),
            recipient: &recipient,
            issued_on: found.issued_on,
            due_on: due(&found.terms, found.issued_on),
            currency: &found.currency,
            lines: std::slice::from_ref(&charge.line),
            period: Some(&format!("{OF_USE}{}", charge.row.upto)),
            money: None,
            corrects: None,
        };
        invoices.push(issue(&mut tx, actor.member, &new).await?.0);
    }
    let answer = Answer::created(&UsageCharged {
        invoices,
        total: found.total(),
        currency: found.terms.currency.clone(),
    })?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
