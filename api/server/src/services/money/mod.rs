//! Money beside payout cycles: the terms that members decided, shares, dues and invoices, bills, statements of banks, the end of years.

mod account;
mod bank_income;
mod bills;
mod books;
mod charging;
mod credit_notes;
mod documents;
mod dues;
mod interest;
mod payments;
mod shares;
mod summaries;
pub mod terms;
mod usage;
pub mod years;

pub use account::{arrears, of as account_of, own as own_account};
pub use bank_income::{preview as preview_statement, record_statement};
pub use bills::{
    approve as approve_bill, cancel as cancel_bill, get as get_bill, list as list_bills, pay as pay_bill,
    prepare as prepare_bill,
};
pub use credit_notes::{credit as credit_invoice, preview as preview_credit};
pub use documents::{
    get as get_document, invoice as issue_invoice, list as list_documents, preview as preview_invoice, sees_all,
};
pub use dues::{charge as charge_dues, fee as receive_fee, preview as preview_dues};
pub use interest::{credit as credit_interest, preview as preview_interest};
pub use payments::{preview as preview_payment, record as record_payment};
pub use shares::{history, preview as preview_shares, record as record_shares, register, register_file};
pub use summaries::{all as year_summaries, file as year_file, own as own_year};
pub use usage::{charge as charge_usage, preview as preview_usage};
pub use years::{close as close_year, list as list_years, preview as preview_year};

use chrono::NaiveDate;
use governance::ledger::{AccountKind, AccountPath, Currency, Day};
use governance::money::MoneyTerms;
use store::CoopTx;
use store::decision::proposal::clock;
use uuid::Uuid;
use wire::page::PageQuery;
use wire::problem::ProblemKind;

use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::ledger::day;

/// Where money comes to and goes from, where nothing else is said.
const BANK: &str = "assets:bank:main";

/// Something does not go with what stands in the books.
fn not_so(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::MoneyState, detail)
}

/// The terms in force.
///
/// # Errors
/// 409 where the members decided none.
async fn in_force(tx: &mut CoopTx) -> Result<MoneyTerms, Problem> {
    let newest = terms::newest(tx).await?;
    newest.ok_or_else(|| {
        not_so("The members have set no terms for money. A proposal with the action set_money_terms does.")
    })
}

/// The currency of the terms.
fn currency_of(terms: &MoneyTerms) -> Result<Currency, RowDamage> {
    Currency::money(&terms.currency).map_err(|_| RowDamage("currency"))
}

/// The account where money comes to or goes from.
fn money_account(path: Option<&str>) -> Result<String, Problem> {
    let path: AccountPath = path
        .unwrap_or(BANK)
        .parse()
        .map_err(|refusal| Problem::field("money", refusal))?;
    if path.kind() == AccountKind::Asset {
        Ok(path.to_string())
    } else {
        Err(Problem::field("money", "the account is none of assets"))
    }
}

/// Before which identifier a page begins.
fn before(query: &PageQuery) -> Result<Uuid, Problem> {
    let refused = || {
        Problem::new(
            ProblemKind::InvalidQuery,
            "The cursor is not one that this list gave. Start again without it.",
        )
    };
    match query.position().map_err(|_| refused())? {
        None => Ok(Uuid::max()),
        Some(position) => position.parse().map_err(|_| refused()),
    }
}

/// Today, as the database counts, in UTC.
async fn today(tx: &mut CoopTx) -> Result<Day, Problem> {
    Ok(day(clock(tx).await?.date_naive())?)
}

/// The day that a request names, which is not to come.
async fn day_of(tx: &mut CoopTx, name: &str, text: &str) -> Result<Day, Problem> {
    let asked: Day = text.parse().map_err(|refusal| Problem::field(name, refusal))?;
    if asked > today(tx).await? {
        return Err(Problem::field(name, "the day is still to come"));
    }
    Ok(asked)
}

/// The first and the last day of a year.
fn days_of(year: u16) -> Result<(Day, Day), Problem> {
    let edge = |month: u32, date: u32| NaiveDate::from_ymd_opt(i32::from(year), month, date).map(day);
    match (edge(1, 1), edge(12, 31)) {
        (Some(first), Some(last)) if year >= 1900 => Ok((first?, last?)),
        _ => Err(Problem::not_found()),
    }
}

/// How many days lie from the first to the last.
fn length((first, last): (Day, Day)) -> u16 {
    u16::try_from(last.days().saturating_sub(first.days()).saturating_add(1)).unwrap_or_default()
}

/// The year of an address.
///
/// # Errors
/// 404 for anything but four digits.
pub fn year(text: &str) -> Result<u16, Problem> {
    let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let year = is_year.then(|| text.parse().ok()).flatten();
    year.ok_or_else(Problem::not_found)
}
