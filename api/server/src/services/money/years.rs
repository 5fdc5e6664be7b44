//! The end of a year: its accounts of income and costs become the result, and nothing takes effect within it any more.

use std::collections::BTreeMap;

use chrono::SubsecRound as _;
use governance::event::{Event, MoneyEvent};
use governance::hash::Hash32;
use governance::id::{JournalId, LedgerAccountId, MemberId};
use governance::ledger::{Currency, Day, JournalKind, LedgerAccount};
use governance::money::{Closing, SURPLUS, YearResult, year_digest, year_results};
use store::CoopTx;
use store::decision::proposal::clock;
use store::ledger::ledger_lock;
use store::money::{
    NewYearClose, YearRow, bills_waiting, closing_balances, interest_get, year_close_insert, year_last, year_list,
};
use store::revenue::cycle_basis;
use wire::money::{CloseYear, ClosingLine, YearPreview, YearResultView, YearView, YearsView};

use super::books::{self, Draft, Line};
use super::{days_of, not_so, terms, today};
use crate::app::App;
use crate::http::actor::{Actor, Member, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::ledger::{date, money_currency};
use crate::services::{events, idempotent};

/// What is closed.
struct Closed {
    year: u16,
    last: Day,
    accounts: Vec<Closing>,
    digest: Hash32,
    results: BTreeMap<String, YearResult>,
}

/// The first day on which something can take effect, from a day on.
///
/// # Errors
/// If the database fails.
pub async fn first_open(tx: &mut CoopTx, day: Day) -> Result<Day, Problem> {
    let Some(year) = year_last(tx).await? else {
        return Ok(day);
    };
    let (_, last) = days_of(u16::try_from(year).map_err(Problem::internal)?)?;
    let next = Day::from_days(last.days().saturating_add(1)).map_err(Problem::internal)?;
    Ok(day.max(next))
}

async fn compute(tx: &mut CoopTx, year: u16) -> Result<Closed, Problem> {
    let (_, last) = days_of(year)?;
    if today(tx).await? <= last {
        return Err(not_so("A year is closed when it is over."));
    }
    if let Some(closed) = year_last(tx).await?.filter(|closed| *closed >= i32::from(year)) {
        return Err(not_so(format!("The books are closed up to the end of {closed}.")));
    }
    let mut accounts = Vec::new();
    for row in closing_balances(tx, date(last)?).await? {
        let account = LedgerAccount {
            id: LedgerAccountId::from_uuid(row.id),
            path: row.path.parse().map_err(|_| RowDamage("path"))?,
            currency: money_currency(&row.currency, row.minor_digits, row.exponent)?,
        };
        accounts.push((account, row.balance.parse().map_err(|_| RowDamage("balance"))?));
    }
    Ok(Closed {
        year,
        last,
        digest: year_digest(tx.coop(), year, &accounts),
        results: year_results(&accounts),
        accounts,
    })
}

impl Closed {
    fn currency(&self, code: &str) -> Option<&Currency> {
        let found = self
            .accounts
            .iter()
            .find(|(account, _)| account.currency.code() == code);
        found.map(|(account, _)| &account.currency)
    }

    async fn warnings(&self, tx: &mut CoopTx) -> Result<Vec<String>, Problem> {
        let mut warnings = Vec::new();
        let bills = bills_waiting(tx, date(self.last)?).await?;
        if bills > 0 {
            warnings.push(format!(
                "{bills} bills that were written up to then wait to be approved"
            ));
        }
        let terms = terms::newest(tx).await?;
        let shares = terms.and_then(|terms| terms.shares);
        let bears = shares.is_some_and(|shares| shares.interest.is_some());
        if bears && interest_get(tx, i32::from(self.year)).await?.is_none() {
            warnings.push(format!("the interest on shares of {} was not credited", self.year));
        }
        Ok(warnings)
    }

    /// What is posted: the opposite of every balance, and the result of each currency.
    fn entries(&self, code: &str) -> Result<Vec<Line>, Problem> {
        let narrow = |units: i128| i64::try_from(units).map_err(Problem::internal);
        let mut lines = Vec::new();
        for (account, balance) in self
            .accounts
            .iter()
            .filter(|(account, _)| account.currency.code() == code)
        {
            lines.push((account.path.to_string(), narrow(balance.saturating_neg())?, None));
        }
        let surplus = self.results.get(code).copied().unwrap_or_default().surplus();
        lines.push((SURPLUS.to_owned(), narrow(surplus.saturating_neg())?, None));
        Ok(lines)
    }
}

/// What closing a year would do, without doing it.
///
/// # Errors
/// 409 where it is not over, or closed.
pub async fn preview(app: &App, actor: &Actor<Treasurer>, year: u16) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("year_preview", actor.coop).await?;
    let closed = compute(&mut tx, year).await?;
    let warnings = closed.warnings(&mut tx).await?;
    let mut results = Vec::new();
    for (code, result) in &closed.results {
        let currency = closed.currency(code).ok_or(RowDamage("currency"))?;
        let basis = cycle_basis(&mut tx, code, date(closed.last)?).await?;
        let available: i128 = basis.revenue.parse().map_err(|_| RowDamage("revenue"))?;
        results.push(YearResultView {
            currency: code.clone(),
            income: currency.format_amount(result.income),
            costs: currency.format_amount(result.costs),
            surplus: currency.format_amount(result.surplus()),
            available: currency.format_amount(available),
        });
    }
    tx.commit().await?;
    let accounts = closed.accounts.iter().map(|(account, balance)| ClosingLine {
        account: account.path.to_string(),
        currency: account.currency.code().to_owned(),
        balance: account.currency.format_amount(*balance),
    });
    Answer::ok(&YearPreview {
        year,
        digest: closed.digest,
        results,
        accounts: accounts.collect(),
        warnings,
    })
}

/// Closes a year as it was looked at. Nothing takes effect within it afterwards; a mistake of it is set right in the next.
///
/// # Errors
/// 409 where it is not over, closed, or not what was looked at.
pub async fn close(
    app: &App,
    actor: &Actor<Treasurer>,
    year: u16,
    command: Command<CloseYear>,
) -> Result<Answer, Problem> {
    let Command { value, ask } = command;
    let mut tx = app.store.coop_tx("year_close", actor.coop).await?;
    if let Some(earlier) = idempotent::begin(&mut tx, actor.member.uuid(), &ask).await? {
        tx.commit().await?;
        return Ok(earlier);
    }
    ledger_lock(&mut tx).await?;
    let closed = compute(&mut tx, year).await?;
    if closed.digest != value.digest {
        return Err(not_so(
            "Something was posted since you looked at the year. Look at it again before you close it.",
        ));
    }
    let mut journal = None;
    for code in closed.results.keys() {
        let currency = closed.currency(code).ok_or(RowDamage("currency"))?.clone();
        let description = format!("Result of {year} in {code}");
        let draft = Draft {
            kind: JournalKind::Closing,
            act: &format!("{year} {code}"),
            effective_on: closed.last,
            description: &description,
            currency: &currency,
            lines: closed.entries(code)?,
        };
        let posted = books::post(&mut tx, actor.member, draft).await?;
        journal.get_or_insert(posted);
    }
    let results: BTreeMap<&str, String> = closed
        .results
        .iter()
        .map(|(code, result)| (code.as_str(), result.surplus().to_string()))
        .collect();
    let new = NewYearClose {
        year: i32::from(year),
        journal,
        digest: closed.digest,
        results: &serde_json::to_value(results).map_err(Problem::internal)?,
        by: (actor.member, clock(&mut tx).await?.trunc_subsecs(0)),
    };
    year_close_insert(&mut tx, new).await?;
    let happened = [Event::Money(MoneyEvent::YearClosed {
        coop: actor.coop,
        year,
        digest: closed.digest,
        journal,
    })];
    events::append(&mut tx, Some(actor.member), &happened).await?;
    let row = year_list(&mut tx)
        .await?
        .into_iter()
        .next()
        .ok_or_else(Problem::not_found)?;
    let answer = Answer::created(&view(&row)?)?;
    idempotent::finish(&mut tx, actor.member.uuid(), &ask, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

fn view(row: &YearRow) -> Result<YearView, RowDamage> {
    let results: BTreeMap<String, String> =
        serde_json::from_value(row.results.clone()).map_err(|_| RowDamage("results"))?;
    let surplus = results.into_iter().map(|(code, digits)| {
        let units: i128 = digits.parse().map_err(|_| RowDamage("results"))?;
        // A token is kept in its smallest unit, which the row does not tell; only money has results here.
        let currency = Currency::money(&code).map_err(|_| RowDamage("results"));
        let written = currency.map_or_else(|_| units.to_string(), |currency| currency.format_amount(units));
        Ok((code, written))
    });
    Ok(YearView {
        year: u16::try_from(row.year).map_err(|_| RowDamage("year"))?,
        digest: Hash32::from_slice(&row.digest).ok_or(RowDamage("digest"))?,
        surplus: surplus.collect::<Result<_, RowDamage>>()?,
        journal: row.journal_id.map(JournalId::from_uuid),
        by: MemberId::from_uuid(row.closed_by),
        closed_at: row.closed_at,
    })
}

/// The closed years, the last first.
///
/// # Errors
/// If the database fails.
pub async fn list(app: &App, actor: &Actor<Member>) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("year_list", actor.coop).await?;
    let rows = year_list(&mut tx).await?;
    tx.commit().await?;
    let items = rows.iter().map(view).collect::<Result<_, _>>()?;
    Answer::ok(&YearsView { items })
}
