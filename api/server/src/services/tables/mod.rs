//! Tables to take away, as CSV and JSON: everything a member may see anyway, in one file.
//!
//! A table is read page by page, each in a transaction of its own, and handed on as it is read, so it may be larger than memory and a
//! slow reader holds no transaction open. Whoever stops reading ends it.

mod csv;
mod pages;

use std::sync::Arc;
use std::time::Duration;

use governance::id::ProposalId;
use serde_json::Value;
use store::coop::coop_get;
use store::decision::tally::tally_read;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use wire::problem::ProblemKind;

use self::pages::Pages;
use crate::app::App;
use crate::problem::Problem;
use crate::services::proposals::{Asking, visible};
use crate::services::published::not_counted_yet;

/// The most rows of a table; a million ballots and their corrections fit.
const ROWS_MAX: usize = 3_000_000;
/// How many tables are written at once.
const WRITERS_MAX: usize = 8;
/// Pages that wait for a slow reader.
const PIECES_MAX: usize = 4;
/// How long a reader may take for one page before it is taken to have left.
const PIECE_TIME_MAX: Duration = Duration::from_secs(60);

static WRITERS: Semaphore = Semaphore::const_new(WRITERS_MAX);

/// What a table is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Proposals; drafts as lists show them.
    Proposals,
    /// Members; for stewards.
    Members,
    /// The records of the co-op.
    Record,
    /// Who may vote.
    Roll(ProposalId),
    /// Every ballot, once the count is published.
    Ballots(ProposalId),
    /// The count, once it is published.
    Tally(ProposalId),
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Comma-separated values (RFC 4180), safe to open in a spreadsheet.
    Csv,
    /// One JSON array of objects.
    Json,
}

/// A table on its way.
pub struct File {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media: &'static str,
    /// Its pieces; an error is the last one.
    pub pieces: mpsc::Receiver<Result<Vec<u8>, Problem>>,
}

/// One row: a value for each column.
type Row = Vec<Value>;

impl Table {
    /// The table of the co-op that a file of this name holds.
    ///
    /// # Errors
    /// 404 where there is none.
    pub fn of_coop(file: &str) -> Result<(Self, Form), Problem> {
        let (name, form) = parse(file)?;
        match name {
            "proposals" => Ok((Self::Proposals, form)),
            "members" => Ok((Self::Members, form)),
            "record" => Ok((Self::Record, form)),
            _ => Err(Problem::not_found()),
        }
    }

    /// The table of a proposal that a file of this name holds.
    ///
    /// # Errors
    /// 404 where there is none.
    pub fn of_proposal(proposal: ProposalId, file: &str) -> Result<(Self, Form), Problem> {
        let (name, form) = parse(file)?;
        match name {
            "roll" => Ok((Self::Roll(proposal), form)),
            "ballots" => Ok((Self::Ballots(proposal), form)),
            "tally" => Ok((Self::Tally(proposal), form)),
            _ => Err(Problem::not_found()),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Proposals => "proposals",
            Self::Members => "members",
            Self::Record => "record",
            Self::Roll(_) => "roll",
            Self::Ballots(_) => "ballots",
            Self::Tally(_) => "tally",
        }
    }
}

fn parse(file: &str) -> Result<(&str, Form), Problem> {
    match file.rsplit_once('.') {
        Some((name, "csv")) => Ok((name, Form::Csv)),
        Some((name, "json")) => Ok((name, Form::Json)),
        Some(_) | None => Err(Problem::not_found()),
    }
}

/// Starts writing a table.
///
/// # Errors
/// 403 for what only stewards take away, 404 for what the member does not see, 409 before a count is published, 503 while too many are
/// written.
pub async fn export(app: Arc<App>, asking: Asking, table: Table, form: Form) -> Result<File, Problem> {
    let slug = permit(&app, asking, table).await?;
    let permit = WRITERS.try_acquire().map_err(|_| Problem::busy())?;
    let (sender, pieces) = mpsc::channel(PIECES_MAX);
    let (ending, media) = match form {
        Form::Csv => ("csv", "text/csv; charset=utf-8; header=present"),
        Form::Json => ("json", "application/json"),
    };
    let file = File {
        name: format!("{slug}-{}.{ending}", table.name()),
        media,
        pieces,
    };
    tokio::spawn(async move {
        let _permit = permit;
        write(Pages::new(app, asking, table), form, &sender).await;
    });
    Ok(file)
}

/// Makes sure that the table may be seen; the short name of the co-op.
async fn permit(app: &App, asking: Asking, table: Table) -> Result<String, Problem> {
    let mut tx = app.store.coop_tx("table_permit", asking.coop).await?;
    let coop = coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?;
    match table {
        Table::Proposals | Table::Record => {}
        Table::Members if asking.is_steward => {}
        Table::Members => {
            let detail = "Only a steward of the co-op takes the list of members away. Ask one.";
            return Err(Problem::new(ProblemKind::RoleNeeded, detail).with("role", vec!["steward"]));
        }
        Table::Roll(proposal) => {
            visible(&mut tx, asking, proposal).await?;
        }
        Table::Ballots(proposal) | Table::Tally(proposal) => {
            visible(&mut tx, asking, proposal).await?;
            tally_read(&mut tx, proposal).await?.ok_or_else(not_counted_yet)?;
        }
    }
    tx.commit().await?;
    Ok(coop.slug)
}

async fn write(mut pages: Pages, form: Form, sender: &mpsc::Sender<Result<Vec<u8>, Problem>>) {
    let columns = pages.columns();
    let mut piece = match form {
        Form::Csv => csv::line(columns.iter().map(|name| Value::from(*name))),
        Form::Json => String::from("["),
    };
    let mut count: usize = 0;
    loop {
        let rows = match pages.next().await {
            Ok(rows) => rows,
            Err(problem) => {
                // The reader sees a file that breaks off.
                let _ = sender.send(Err(problem)).await;
                return;
            }
        };
        let is_last = rows.is_empty() || count >= ROWS_MAX;
        for row in rows.into_iter().take(ROWS_MAX.saturating_sub(count)) {
            match form {
                Form::Csv => piece.push_str(&csv::line(row)),
                Form::Json => {
                    piece.push_str(if count == 0 { "\n" } else { ",\n" });
                    let names = columns.iter().map(|name| (*name).to_owned());
                    piece.push_str(&Value::Object(names.zip(row).collect()).to_string());
                }
            }
            count = count.saturating_add(1);
        }
        if is_last && form == Form::Json {
            piece.push_str("\n]\n");
        }
        let bytes = std::mem::take(&mut piece).into_bytes();
        let is_read = matches!(timeout(PIECE_TIME_MAX, sender.send(Ok(bytes))).await, Ok(Ok(())));
        if is_last || !is_read {
            return;
        }
    }
}
