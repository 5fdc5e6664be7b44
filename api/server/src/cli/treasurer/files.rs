//! What a treasurer takes away: the own statement, the auditor's bundle, the books.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde_json::json;
use wire::payout::PayoutStatement;

use super::client::Client;
use super::cycles::{Which, find};
use super::terminal::Terminal;

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
    /// Write the books to a file.
    Export {
        /// For which program.
        books: Books,
        /// Where to; in this folder unless said. Nothing is overwritten.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
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
        FileCommand::Export { books, to } => {
            let to = to.unwrap_or_else(|| PathBuf::from(format!("{}-{}", client.slug(), books.file())));
            write(terminal, client, &format!("ledger/exports/{}", books.file()), to).await
        }
    }
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
