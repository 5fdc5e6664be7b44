//! What a treasurer takes away: the own statement, the auditor's bundle, the books; and what is brought from another ledger.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use serde_json::json;
use wire::ledger::{ImportLedger, LedgerFormat, LedgerImport};
use wire::payout::PayoutStatement;

use super::client::Client;
use super::cycles::{Which, find};
use super::terminal::Terminal;

/// How many rows of a ledger are sent at once.
const ROWS_AT_ONCE: usize = 500;

#[derive(Subcommand)]
pub enum FileCommand {
    /// Show the own statement of a computed cycle: how each cent came about.
    Statement(Which),
    /// Write a computed cycle to a file for `rochdale-audit allocate`.
    Bundle {
        #[command(flatten)]
        which: Which,
        /// Where to; in this folder, named after co-op and period, unless said. Nothing is overwritten.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Take over the transactions of another ledger: each row once, by its identifier, however often it is brought.
    ImportLedger(TakeOver),
    /// Write the books to a file.
    Export {
        /// For which program.
        books: Books,
        /// Where to; in this folder unless said. Nothing is overwritten.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
}

/// A ledger to be taken over.
#[derive(clap::Args)]
pub struct TakeOver {
    /// Where the file comes from.
    #[arg(long, value_enum)]
    format: Format,
    /// The currency of its rows.
    #[arg(long, value_name = "CODE")]
    currency: String,
    /// Where the money is.
    #[arg(long, value_name = "PATH", default_value = "assets:bank:main")]
    bank: String,
    /// What it came from and went to.
    #[arg(long, value_name = "PATH", default_value = "income:other")]
    other: String,
    /// What the payment processor took.
    #[arg(long, value_name = "PATH", default_value = "expenses:bank-fees")]
    fees: String,
    /// What the fiscal host took.
    #[arg(long, value_name = "PATH", default_value = "expenses:fiscal-host")]
    host: String,
    /// The file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Where a ledger comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The transactions of a collective, as Open Collective lets them be downloaded as CSV.
    OpenCollective,
}

/// A form of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Books {
    /// For bean-check and Fava.
    Beancount,
    /// For hledger.
    Hledger,
    /// For a spreadsheet.
    Csv,
}

impl Books {
    const fn file(self) -> &'static str {
        match self {
            Self::Beancount => "books.beancount",
            Self::Hledger => "books.journal",
            Self::Csv => "books.csv",
        }
    }
}

pub async fn run(terminal: Terminal, client: &mut Client, command: FileCommand) -> anyhow::Result<()> {
    match command {
        FileCommand::Statement(which) => statement(terminal, client, &which).await,
        FileCommand::Bundle { which, to } => {
            let cycle = find(client, &which).await?;
            let own = || PathBuf::from(format!("{}-payout-{}.jsonl", client.slug(), cycle.period));
            let to = to.unwrap_or_else(own);
            write(terminal, client, &format!("payouts/{}/bundle", cycle.id), to).await
        }
        FileCommand::ImportLedger(asked) => import(terminal, client, asked).await,
        FileCommand::Export { books, to } => {
            let to = to.unwrap_or_else(|| PathBuf::from(format!("{}-{}", client.slug(), books.file())));
            write(terminal, client, &format!("ledger/exports/{}", books.file()), to).await
        }
    }
}

/// Takes a file over in parts, each looked at before the first is posted.
async fn import(terminal: Terminal, client: &mut Client, asked: TakeOver) -> anyhow::Result<()> {
    let text =
        std::fs::read_to_string(&asked.file).with_context(|| format!("{} cannot be read", asked.file.display()))?;
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    let rows: Vec<&str> = lines.collect();
    let parts = rows.chunks(ROWS_AT_ONCE).map(|rows| ImportLedger {
        format: match asked.format {
            Format::OpenCollective => LedgerFormat::OpenCollective,
        },
        file: format!("{header}\n{}\n", rows.join("\n")),
        currency: asked.currency.clone(),
        bank: asked.bank.clone(),
        other: asked.other.clone(),
        fees: asked.fees.clone(),
        host: asked.host.clone(),
    });
    let parts: Vec<ImportLedger> = parts.collect();
    let mut seen: Vec<LedgerImport> = Vec::with_capacity(parts.len());
    for (number, part) in (1..).zip(&parts) {
        let work = client.look("ledger/imports/preview", part);
        let doing = format!("reading part {number} of {}", parts.len());
        seen.push(terminal.wait(doing, work).await?);
    }
    let told = |all: &[LedgerImport]| {
        let posted: u32 = all.iter().map(|one| one.posted).sum();
        let before: u32 = all.iter().map(|one| one.posted_before).sum();
        (posted, before)
    };
    let (fresh, before) = told(&seen);
    let days = |of: fn(&LedgerImport) -> &Option<String>| seen.iter().filter_map(move |one| of(one).as_deref());
    terminal.tell(format_args!(
        "{fresh} rows to post from {} to {}; {before} were posted before.",
        days(|one| &one.first_day).min().unwrap_or("-"),
        days(|one| &one.last_day).max().unwrap_or("-"),
    ))?;
    for one in &seen {
        for account in &one.accounts {
            terminal.tell(format_args!(
                "  {:>16} {} {}",
                account.amount, one.currency, account.account
            ))?;
        }
    }
    if fresh == 0 || !terminal.confirms(&seen, "Post them?")? {
        return if fresh == 0 { terminal.answer(&seen) } else { Ok(()) };
    }
    let mut done = Vec::with_capacity(parts.len());
    for (number, part) in (1..).zip(&parts) {
        let work = client.post("ledger/imports", part);
        let doing = format!("posting part {number} of {}", parts.len());
        done.push(terminal.wait(doing, work).await?);
    }
    terminal.tell(format_args!("{} rows are posted.", told(&done).0))?;
    terminal.answer(&done)
}

async fn write(terminal: Terminal, client: &mut Client, path: &str, to: PathBuf) -> anyhow::Result<()> {
    let bytes = terminal.wait("fetching", client.download(path, &to)).await?;
    terminal.tell(format_args!("Written to {} ({bytes} bytes).", to.display()))?;
    terminal.answer(&json!({"file": to, "bytes": bytes}))
}

async fn statement(terminal: Terminal, client: &mut Client, which: &Which) -> anyhow::Result<()> {
    let cycle = find(client, which).await?;
    let own: PayoutStatement = client.get(&format!("payouts/{}/statement", cycle.id)).await?;
    terminal.tell(format_args!(
        "Your statement of {} ({}), in {}:\n  {:>16}  carried from before",
        own.period, own.state, own.currency, own.before
    ))?;
    for line in &own.lines {
        let weight = match (&line.weight, &line.weight_of_all) {
            (Some(own), Some(all)) => format!(" (of {}, by {own} of {all})", line.shared),
            (Some(_) | None, None) | (None, Some(_)) => String::new(),
        };
        terminal.tell(format_args!("  {:>16}  {}{weight}", line.amount, line.sentence))?;
    }
    let sums = [
        (&own.accrued, "the rule gives you in all"),
        (&own.withheld, "withheld"),
        (&own.dormant, "to a fund"),
        (&own.paid, "to be paid"),
        (&own.carried, "carried to the next cycle"),
    ];
    for (amount, what) in sums {
        terminal.tell(format_args!("  {amount:>16}  {what}"))?;
    }
    if own.is_held {
        terminal.tell("What would be paid waits, since your membership is suspended.")?;
    }
    terminal.answer(&own)
}
