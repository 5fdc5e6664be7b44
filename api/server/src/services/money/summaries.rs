//! What members got in a year, for their tax: from posted payout cycles and credited interest.

use std::fmt::Write as _;

use governance::id::MemberId;
use governance::ledger::Currency;
use governance::ledger::export::csv_cell;
use store::money::{SummaryRow, year_summaries};
use uuid::Uuid;
use wire::money::{YearAmounts, YearSummary};
use wire::page::{Page, PageQuery};

use crate::app::App;
use crate::http::actor::{Active, Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;
use crate::services::paging;
use crate::services::payouts::approving::require_office;

/// How many lines are read at once.
const BATCH: i64 = 1_000;
/// The most lines of one file.
const LINES_MAX: usize = 250_000;

fn amounts(row: &SummaryRow) -> Result<YearAmounts, RowDamage> {
    let currency = Currency::money(&row.currency).map_err(|_| RowDamage("currency"))?;
    let amount = |units: i64| currency.format_amount(i128::from(units));
    Ok(YearAmounts {
        currency: row.currency.clone(),
        accrued: amount(row.accrued),
        withheld: amount(row.withheld),
        paid: amount(row.paid),
        interest: amount(row.interest),
    })
}

/// A summary for each member, whose rows stand beside each other.
fn views(rows: &[SummaryRow], year: u16) -> Result<Vec<YearSummary>, RowDamage> {
    let members = rows.chunk_by(|one, other| one.member_id == other.member_id);
    let views = members.filter_map(|rows| {
        let member = MemberId::from_uuid(rows.first()?.member_id);
        let amounts = rows.iter().map(amounts).collect::<Result<_, _>>();
        Some(amounts.map(|amounts| YearSummary { year, member, amounts }))
    });
    views.collect()
}

/// What the member got in a year.
///
/// # Errors
/// If the database fails.
pub async fn own(app: &App, actor: &Actor<Member>, year: u16) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("year_summary", actor.coop).await?;
    let rows = year_summaries(&mut tx, i32::from(year), (Uuid::nil(), 1), Some(actor.member)).await?;
    tx.commit().await?;
    Answer::ok(&YearSummary {
        year,
        member: actor.member,
        amounts: rows.iter().map(amounts).collect::<Result<_, _>>()?,
    })
}

/// What every member got in a year, for who holds an office.
///
/// # Errors
/// 403 for others, 422 for a cursor of another list.
pub async fn all(app: &App, actor: &Actor<Active>, year: u16, query: &PageQuery) -> Result<Answer, Problem> {
    require_office(actor)?;
    let after = paging::after(query)?;
    let mut tx = app.store.coop_tx("year_summaries", actor.coop).await?;
    let rows = year_summaries(&mut tx, i32::from(year), (after, paging::rows(query)), None).await?;
    tx.commit().await?;
    Answer::ok(&Page::cut(views(&rows, year)?, query.limit(), |one: &YearSummary| {
        one.member.to_string()
    }))
}

/// What every member got in a year, as a table for a spreadsheet.
///
/// # Errors
/// 403 for who holds no office, 503 where there are too many lines for one file.
pub async fn file(app: &App, actor: &Actor<Active>, year: u16) -> Result<String, Problem> {
    require_office(actor)?;
    let mut tx = app.store.coop_tx("year_summaries_file", actor.coop).await?;
    let mut file = String::from("year,member,name,currency,accrued,withheld,paid,interest\r\n");
    let (mut after, mut lines) = (Uuid::nil(), 0_usize);
    loop {
        let rows = year_summaries(&mut tx, i32::from(year), (after, BATCH), None).await?;
        lines = lines.saturating_add(rows.len());
        if lines > LINES_MAX {
            return Err(Problem::busy());
        }
        let Some(last) = rows.last().map(|row| row.member_id) else {
            break;
        };
        after = last;
        for row in &rows {
            let (one, name) = (amounts(row)?, csv_cell(&row.name));
            let _ = write!(
                file,
                "{year},{},{name},{},{},{},{},{}\r\n",
                row.member_id, one.currency, one.accrued, one.withheld, one.paid, one.interest
            );
        }
    }
    tx.commit().await?;
    Ok(file)
}
