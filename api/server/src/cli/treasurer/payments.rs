//! From a posted cycle to the bank, and what the bank answers.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use governance::id::LedgerAccountId;
use serde_json::json;
use wire::payment::{
    BankAccountList, BankFileOutcome, DistributorList, ImportBankFile, PaymentFilePreview, PaymentFileView,
    PaymentProgress, PaymentSum, PreparePaymentFile, ReleasePaymentFile, WithdrawPaymentFile,
};
use wire::payout::PayoutCycleView;

use super::client::Client;
use super::cycles::{Which, find, foretell};
use super::terminal::{NOTHING_DONE, Terminal};

#[derive(Subcommand)]
pub enum PaymentCommand {
    /// Show how far the payments of a cycle are.
    Payments(Which),
    /// Set aside what a posted cycle pays, so that no later cycle carries it.
    Issue(Which),
    /// Prepare a file for the bank, of every payment that is ready.
    Prepare {
        #[command(flatten)]
        which: Which,
        /// The account of the books that stands for the account that pays, such as assets:bank:main.
        #[arg(long, value_name = "PATH")]
        account: String,
        /// The day on which the bank is to pay; today or later.
        #[arg(long, value_name = "DAY")]
        pay_on: String,
    },
    /// List the files of a cycle.
    Files(Which),
    /// Release a file to be given to the bank, as somebody who did not prepare it.
    Release(WhichFile),
    /// Take back a file that was not released.
    Withdraw {
        #[command(flatten)]
        which: WhichFile,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Fetch a file that was released, to give it to the bank.
    Fetch {
        #[command(flatten)]
        which: WhichFile,
        /// Where to; nothing is overwritten.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Bring in what the bank answers: each file once, one after the other.
    Import {
        /// The files: pain.002, camt.052, camt.053, camt.054, pacs.004.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// Which file is meant.
#[derive(clap::Args)]
pub struct WhichFile {
    #[command(flatten)]
    which: Which,
    /// The file, by its identifier or what the bank calls it; the newest that is not withdrawn unless said.
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
}

pub async fn run(terminal: Terminal, client: &mut Client, command: PaymentCommand) -> anyhow::Result<()> {
    match command {
        PaymentCommand::Payments(which) => show(terminal, client, &which).await,
        PaymentCommand::Issue(which) => issue(terminal, client, &which).await,
        PaymentCommand::Prepare { which, account, pay_on } => prepare(terminal, client, &which, &account, pay_on).await,
        PaymentCommand::Files(which) => files(terminal, client, &which).await,
        PaymentCommand::Release(which) => release(terminal, client, &which).await,
        PaymentCommand::Withdraw { which, reason } => withdraw(terminal, client, &which, reason).await,
        PaymentCommand::Fetch { which, to } => fetch(terminal, client, &which, &to).await,
        PaymentCommand::Import { files } => import(terminal, client, &files).await,
    }
}

/// How far the payments of a cycle are.
pub async fn progress(client: &mut Client, cycle: &PayoutCycleView) -> anyhow::Result<PaymentProgress> {
    client.get(&format!("payouts/{}/issue", cycle.id)).await
}

async fn show(terminal: Terminal, client: &mut Client, which: &Which) -> anyhow::Result<()> {
    let cycle = find(client, which).await?;
    let stands = progress(client, &cycle).await?;
    terminal.tell(Stands(&cycle, &stands))?;
    terminal.answer(&stands)
}

async fn issue(terminal: Terminal, client: &mut Client, which: &Which) -> anyhow::Result<()> {
    let cycle = find(client, which).await?;
    let before = progress(client, &cycle).await?;
    terminal.tell(Stands(&cycle, &before))?;
    let _ = foretell(terminal, client, &cycle, Some("issue")).await?;
    if !terminal.confirms(&before, "Set aside what it pays?")? {
        return Ok(());
    }
    let path = format!("payouts/{}/issue", cycle.id);
    let doing = format!("issuing {}", cycle.period);
    let issued: PaymentProgress = terminal.wait(doing, client.post(&path, &json!({}))).await?;
    terminal.tell("Issued. Prepare a file for the bank next.")?;
    terminal.tell(Stands(&cycle, &issued))?;
    terminal.answer(&issued)
}

async fn prepare(
    terminal: Terminal,
    client: &mut Client,
    which: &Which,
    account: &str,
    pay_on: String,
) -> anyhow::Result<()> {
    let cycle = find(client, which).await?;
    let (ledger_account, payer) = payer(client, account, &cycle.currency).await?;
    let stands = progress(client, &cycle).await?;
    terminal.tell(Stands(&cycle, &stands))?;
    let body = PreparePaymentFile { ledger_account, pay_on };
    let path = format!("payouts/{}/files", cycle.id);
    let ready: PaymentFilePreview = client.look(&format!("{path}/preview"), &body).await?;
    terminal.tell(format_args!(
        "The file would ask {payer} for {} payments, {} {}, on {}. Nothing leaves the bank by it: another person releases it first.",
        ready.transfers, ready.total, cycle.currency, body.pay_on
    ))?;
    if !terminal.confirms(&ready, "Prepare it?")? {
        return Ok(());
    }
    let work = client.post(&path, &body);
    let file: PaymentFileView = terminal.wait("writing the file", work).await?;
    terminal.tell("Prepared. Somebody else who holds an office releases exactly this digest.")?;
    terminal.tell(File(&file))?;
    terminal.answer(&file)
}

/// Who pays for an account of the books: a bank, or a contract from which members claim.
async fn payer(client: &mut Client, account: &str, currency: &str) -> anyhow::Result<(LedgerAccountId, String)> {
    let banks: BankAccountList = client.get("bank-accounts").await?;
    let mut banks = banks.items.into_iter();
    if let Some(bank) = banks.find(|one| one.account == account && one.currency == currency) {
        return Ok((bank.ledger_account, bank.iban));
    }
    let distributors: DistributorList = client.get("distributors").await?;
    let mut distributors = distributors.items.into_iter();
    let found = distributors.find(|one| one.account == account && one.currency == currency);
    let found = found.with_context(|| {
        format!("{account} in {currency} stands for no account of a bank and no contract; a treasurer says so in the portal or over the API")
    })?;
    Ok((found.ledger_account, found.contract))
}

async fn files(terminal: Terminal, client: &mut Client, which: &Which) -> anyhow::Result<()> {
    let cycle = find(client, which).await?;
    let files: Vec<PaymentFileView> = client.all(&format!("payouts/{}/files", cycle.id)).await?;
    if files.is_empty() {
        terminal.tell(format_args!("No file of {} was prepared.", cycle.period))?;
    }
    for file in &files {
        terminal.tell(File(file))?;
    }
    terminal.answer(&files)
}

async fn find_file(client: &mut Client, which: &WhichFile) -> anyhow::Result<(PayoutCycleView, PaymentFileView)> {
    let cycle = find(client, &which.which).await?;
    let files: Vec<PaymentFileView> = client.all(&format!("payouts/{}/files", cycle.id)).await?;
    let is_meant = |file: &PaymentFileView| match &which.file {
        Some(named) => file.id.to_string() == *named || file.message == *named,
        None => file.state != "withdrawn",
    };
    let newest = files.into_iter().filter(is_meant).max_by_key(|file| file.prepared_at);
    let file = newest.with_context(|| format!("no such file of {} was prepared", cycle.period))?;
    Ok((cycle, file))
}

async fn release(terminal: Terminal, client: &mut Client, which: &WhichFile) -> anyhow::Result<()> {
    let (cycle, file) = find_file(client, which).await?;
    terminal.tell(File(&file))?;
    if !terminal.confirms(
        &file,
        "Release exactly this digest? The bank may have the file from then on.",
    )? {
        return Ok(());
    }
    let path = format!("payouts/{}/files/{}/release", cycle.id, file.id);
    let body = ReleasePaymentFile { digest: file.digest };
    let released: PaymentFileView = terminal.wait("releasing", client.post(&path, &body)).await?;
    terminal.tell("Released. Fetch it and give it to the bank; the same file again is known to the bank.")?;
    terminal.tell(File(&released))?;
    terminal.answer(&released)
}

async fn withdraw(terminal: Terminal, client: &mut Client, which: &WhichFile, reason: String) -> anyhow::Result<()> {
    let (cycle, file) = find_file(client, which).await?;
    terminal.tell(File(&file))?;
    if !terminal.confirms(&file, "Take it back?")? {
        return Ok(());
    }
    let path = format!("payouts/{}/files/{}/withdrawal", cycle.id, file.id);
    let withdrawn: PaymentFileView = client.post(&path, &WithdrawPaymentFile { reason }).await?;
    terminal.tell("Taken back. Its payments are ready for another file.")?;
    terminal.answer(&withdrawn)
}

async fn fetch(terminal: Terminal, client: &mut Client, which: &WhichFile, to: &Path) -> anyhow::Result<()> {
    let (cycle, file) = find_file(client, which).await?;
    let name = if file.claims.is_some() {
        "claims.txt"
    } else {
        "transfers.xml"
    };
    let path = format!("payouts/{}/files/{}/{name}", cycle.id, file.id);
    let bytes = terminal.wait("fetching", client.download(&path, to)).await?;
    terminal.tell(File(&file))?;
    terminal.tell(format_args!("Written to {} ({bytes} bytes).", to.display()))?;
    terminal.answer(&file)
}

async fn import(terminal: Terminal, client: &mut Client, files: &[PathBuf]) -> anyhow::Result<()> {
    let mut outcomes = Vec::new();
    for (number, path) in files.iter().enumerate() {
        let file = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let body = ImportBankFile { file };
        terminal.tell(format_args!("{} ({} of {})", path.display(), number + 1, files.len()))?;
        let work = client.look("bank-files/preview", &body);
        let preview: BankFileOutcome = terminal.wait("reading it", work).await?;
        if preview.is_known {
            terminal.tell("  It was brought in before; nothing follows.")?;
            outcomes.push(preview);
            continue;
        }
        terminal.tell(Outcome(&preview))?;
        if terminal.only_shows() {
            outcomes.push(preview);
            continue;
        }
        if !terminal.confirms(&preview, "Bring it in?")? {
            continue;
        }
        let work = client.post("bank-files", &body);
        let outcome: BankFileOutcome = terminal.wait("bringing it in", work).await?;
        terminal.tell("  Brought in.")?;
        outcomes.push(outcome);
    }
    if !outcomes.is_empty() {
        terminal.answer(&outcomes)?;
    }
    if terminal.only_shows() {
        return terminal.tell(NOTHING_DONE);
    }
    let contradictions: u64 = outcomes.iter().map(|outcome| outcome.contradictions).sum();
    if contradictions > 0 {
        bail!("{contradictions} things that the bank says cannot be so; a person must look at them");
    }
    Ok(())
}

/// How far the payments of a cycle are, in words.
pub struct Stands<'a>(pub &'a PayoutCycleView, pub &'a PaymentProgress);

impl Display for Stands<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(cycle, stands) = self;
        let issued = if stands.issued_at.is_some() {
            "issued"
        } else {
            "not issued"
        };
        write!(
            formatter,
            "Cycle {} ({}) is {}, {issued}: {} payments, {} {}",
            cycle.period, cycle.id, cycle.state, stands.payments, stands.total, stands.currency
        )?;
        sums(formatter, &stands.sums)?;
        for held in &stands.held {
            write!(
                formatter,
                "\n  {} to {} waits: {}",
                held.amount, held.member, held.reason
            )?;
        }
        match &stands.obstacle {
            Some(obstacle) => write!(formatter, "\n  In the way: {obstacle}"),
            None => Ok(()),
        }
    }
}

/// A file in words.
struct File<'a>(&'a PaymentFileView);

impl Display for File<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.0;
        write!(
            formatter,
            "File {} ({}) is {}: {} payments, {}, on {}\n  digest {}\n  prepared by {}",
            file.message, file.id, file.state, file.transfers, file.total, file.pay_on, file.digest, file.prepared_by
        )?;
        if let Some(by) = file.released_by {
            write!(formatter, ", released by {by}")?;
        }
        let Some(claims) = &file.claims else { return Ok(()) };
        write!(
            formatter,
            "\n  {} accounts may claim {} by the root {}, which is {}",
            claims.accounts, claims.total, claims.root, claims.state
        )?;
        for (who, call) in [("the executor", &claims.submission), ("anybody", &claims.activation)] {
            if let Some(call) = call {
                write!(
                    formatter,
                    "\n  next, {who} sends to {} on chain {}: {}",
                    call.to, call.chain_id, call.data
                )?;
            }
        }
        match &claims.contradiction {
            Some(why) => write!(formatter, "\n  somebody must look: {why}"),
            None => Ok(()),
        }
    }
}

/// What a bank's file changes, in words.
struct Outcome<'a>(&'a BankFileOutcome);

impl Display for Outcome<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = self.0;
        write!(
            formatter,
            "  {} {}: {} things are of no payment of ours, {} cannot be so",
            outcome.kind, outcome.name, outcome.unmatched, outcome.contradictions
        )?;
        sums(formatter, &outcome.changes)?;
        for item in &outcome.items {
            if let Some(contradiction) = &item.contradiction {
                let reference = item.reference.as_deref().unwrap_or("without a reference");
                write!(formatter, "\n  {reference}: {contradiction}")?;
            }
        }
        for statement in &outcome.statements {
            if statement.unexplained.as_deref().is_some_and(is_something) {
                let day = statement.last_day.as_deref().unwrap_or("an unknown day");
                write!(formatter, "\n  the statement of {day} lacks entries")?;
            }
        }
        Ok(())
    }
}

/// Whether an amount is not zero, whatever places its currency has.
fn is_something(amount: &str) -> bool {
    amount.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

fn sums(formatter: &mut fmt::Formatter<'_>, sums: &[PaymentSum]) -> fmt::Result {
    for sum in sums {
        write!(formatter, "\n  {:<10} {:>6}  {}", sum.state, sum.payments, sum.total)?;
    }
    Ok(())
}
