//! Dues charged by class and period under the terms, and entrance fees with their receipts.

use governance::money::{DocumentKind, DocumentLine, DuesPeriod, DuesTerms, MoneyTerms};
use governance::text;
use store::CoopTx;
use store::coop::member_get;
use store::ledger::ledger_lock;
use store::money::dues_members;
use wire::money::{ChargeDues, DuesCharged, DuesPreview, ReceiveFee};

use super::charging::{CHARGED_MAX, Charges};
use super::documents::{Issue, issue, shown};
use super::{currency_of, day_of, in_force, money_account, not_so};
use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::idempotent;

/// What the receipt of an entrance fee is kept under.
const ENTRANCE: &str = "entrance";

/// What charging a period does.
struct Found {
    period: DuesPeriod,
    charges: Charges,
    before: u32,
}

fn line(dues: &DuesTerms, terms: &MoneyTerms, period: &DuesPeriod) -> DocumentLine {
    let vat = dues.vat.as_ref().map(|name| name.as_str().to_owned());
    DocumentLine {
        about: format!("Dues {}, {}", period.name(), dues.class.name()),
        quantity: 1,
        price: dues.amount,
        rate: vat.as_deref().and_then(|name| terms.rate(name)),
        vat,
        account: String::from("income:dues"),
    }
}

async fn find(tx: &mut CoopTx, body: &ChargeDues) -> Result<Found, Problem> {
    let period: DuesPeriod = body
        .period
        .parse()
        .map_err(|refusal| Problem::field("period", refusal))?;
    let issued_on = day_of(tx, "issued_on", &body.issued_on).await?;
    let mut charges = Charges::on(tx, issued_on).await?;
    let all = charges.terms.dues.iter();
    let due: Vec<DuesTerms> = all.filter(|dues| dues.period == period.kind()).cloned().collect();
    if due.is_empty() {
        return Err(not_so(format!(
            "The terms have no dues for a {}.",
            period.kind().name()
        )));
    }
    let classes: Vec<&str> = due.iter().map(|dues| dues.class.name()).collect();
    let rows = dues_members(tx, &classes, period.name()).await?;
    let (charged, fresh): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.is_charged);
    if fresh.len() > CHARGED_MAX {
        return Err(not_so(format!(
            "More than {CHARGED_MAX} members would be charged at once."
        )));
    }
    for row in fresh {
        let dues = due
            .iter()
            .find(|dues| dues.class.name() == row.class)
            .ok_or(RowDamage("class"))?;
        let line = line(dues, &charges.terms, &period);
        charges.add((row.member_id, row.name), period.name().to_owned(), line)?;
    }
    Ok(Found {
        period,
        charges,
        before: u32::try_from(charged.len()).unwrap_or(u32::MAX),
    })
}

/// What charging the dues of a period would do, member by member, without doing it.
///
/// # Errors
/// 409 where the terms have no such dues; 422 for a period that is none.
pub async fn preview(app: &App, actor: &Actor<Treasurer>, body: ChargeDues) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("dues_preview", actor.coop).await?;
    let found = find(&mut tx, &body).await?;
    tx.commit().await?;
    Answer::ok(&DuesPreview {
        period: found.period.name().to_owned(),
        lines: found.charges.lines(),
        charged_before: found.before,
        total: found.charges.total(),
        currency: found.charges.terms.currency,
    })
}

/// Charges the dues of a period: an invoice for each active member of a class with dues who was not charged before.
///
/// # Errors
/// As [`preview`].
pub async fn charge(app: &App, actor: &Actor<Treasurer>, command: Command<ChargeDues>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("dues_charge", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    ledger_lock(&mut tx).await?;
    let found = find(&mut tx, &value).await?;
    let answer = Answer::created(&DuesCharged {
        period: found.period.name().to_owned(),
        invoices: found.charges.issue(&mut tx, actor.member).await?,
        charged_before: found.before,
        total: found.charges.total(),
        currency: found.charges.terms.currency,
    })?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Records the entrance fee of a member, once, with its receipt.
///
/// # Errors
/// 409 where the terms have none, or the member paid it before.
pub async fn fee(app: &App, actor: &Actor<Treasurer>, command: Command<ReceiveFee>) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let money = money_account(value.money.as_deref())?;
    let mut tx = app.store.coop_tx("fee_receive", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    ledger_lock(&mut tx).await?;
    let received_on = day_of(&mut tx, "received_on", &value.received_on).await?;
    let terms = in_force(&mut tx).await?;
    let price = terms
        .entrance_fee
        .ok_or_else(|| not_so("By the terms that the members set, there is no entrance fee."))?;
    let member = member_get(&mut tx, value.member)
        .await?
        .ok_or_else(|| Problem::field("member", "the co-op has no such member"))?;
    let line = DocumentLine {
        about: String::from("Entrance fee"),
        quantity: 1,
        price,
        vat: None,
        rate: None,
        account: String::from("income:entrance-fees"),
    };
    let name = text::line(&member.display_name, 500).map_err(|_| RowDamage("display_name"))?;
    let currency = currency_of(&terms)?;
    let new = Issue {
        kind: DocumentKind::Receipt,
        member: Some(value.member),
        recipient: &name,
        issued_on: received_on,
        due_on: received_on,
        currency: &currency,
        lines: std::slice::from_ref(&line),
        period: Some(ENTRANCE),
        money: Some(&money),
        corrects: None,
    };
    let (id, _) = issue(&mut tx, actor.member, &new).await?;
    let answer = Answer::created(&shown(&mut tx, id).await?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
