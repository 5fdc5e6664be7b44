//! What members used of the tools, asked for by an invoice of each: what became owed since the invoice before, in the currency of the terms.

use governance::ledger::Currency;
use governance::money::{DocumentLine, MoneyTerms};
use governance::revenue::Amount;
use store::CoopTx;
use store::ledger::ledger_lock;
use store::money::{UsageOwedRow, usage_uncharged};
use wire::money::{ChargeUsage, UsageCharged, UsagePreview};

use super::charging::{CHARGED_MAX, Charges};
use super::documents::OF_USE;
use super::{day_of, not_so};
use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::idempotent;
use crate::services::ledger::day;

/// Where it counts as income, since it was told.
const EARNED: &str = "income:ai-usage";

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
    let mut charges = Charges::on(tx, issued_on).await?;
    if let Some(name) = &body.vat
        && charges.terms.rate(name).is_none()
    {
        return Err(Problem::field("vat", format!("the terms have no rate of VAT {name}")));
    }
    // Where there are more, charging is repeated.
    let most = i64::try_from(CHARGED_MAX).unwrap_or(i64::MAX);
    for row in usage_uncharged(tx, charges.currency.code(), most).await? {
        let line = line(&row, body.vat.as_deref(), (&charges.terms, &charges.currency))?;
        charges.add((row.member_id, row.name), format!("{OF_USE}{}", row.upto), line)?;
    }
    Ok(charges)
}

/// What charging would do, member by member, without doing it.
///
/// # Errors
/// 409 without terms; 422 for a rate of VAT that they have not.
pub async fn preview(app: &App, actor: &Actor<Treasurer>, body: ChargeUsage) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("usage_preview", actor.coop).await?;
    let found = charges(&mut tx, &body).await?;
    tx.commit().await?;
    let mut lines = found.lines();
    lines.sort_by(|one, other| (&one.name, one.member).cmp(&(&other.name, other.member)));
    Answer::ok(&UsagePreview {
        lines,
        total: found.total(),
        currency: found.terms.currency,
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
    if found.is_empty() {
        return Err(not_so("Nobody owes anything for use that no invoice asked for yet."));
    }
    let answer = Answer::created(&UsageCharged {
        invoices: found.issue(&mut tx, actor.member).await?,
        total: found.total(),
        currency: found.terms.currency,
    })?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
