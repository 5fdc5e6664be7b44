//! What accounts come to.

use governance::id::LedgerAccountId;
use governance::ledger::Day;
use store::ledger::{BalanceRow, ledger_balances, ledger_balances_on};
use wire::ledger::{BalanceView, BalancesQuery, BalancesView};
use wire::problem::ProblemKind;

use super::rows::{currency, date};
use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;

/// What every account comes to, by everything that was recorded or by what took effect up to a day.
///
/// # Errors
/// 422 for a day that is none.
pub async fn show(app: &App, actor: &Actor<Member>, query: &BalancesQuery) -> Result<Answer, Problem> {
    let day: Option<Day> = match &query.on {
        None => None,
        Some(text) => Some(
            text.parse()
                .map_err(|refusal| Problem::new(ProblemKind::InvalidQuery, format!("on: {refusal}.")))?,
        ),
    };
    let mut tx = app.store.coop_tx("ledger_balances", actor.coop).await?;
    let rows = match day {
        None => ledger_balances(&mut tx).await?,
        Some(day) => ledger_balances_on(&mut tx, date(day)?).await?,
    };
    tx.commit().await?;
    let balances = rows.into_iter().map(view).collect::<Result<_, _>>()?;
    Answer::ok(&BalancesView {
        on: day.map(|day| day.to_string()),
        balances,
    })
}

/// The sum of a row, in units of its currency.
///
/// # Errors
/// If the row was written by hand.
pub fn amount(row: &BalanceRow) -> Result<i128, RowDamage> {
    row.balance.parse().map_err(|_| RowDamage("balance"))
}

fn view(row: BalanceRow) -> Result<BalanceView, RowDamage> {
    let currency = currency(&row.currency, row.minor_digits, row.exponent)?;
    Ok(BalanceView {
        balance: currency.format_amount(amount(&row)?),
        ledger_account: LedgerAccountId::from_uuid(row.account_id),
        account: row.path,
        currency: row.currency,
    })
}
