//! How a cycle ends: what nobody can pay is carried, the books are laid beside the bank, and two persons close it.

use std::fmt::{self, Display};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use governance::id::MemberId;
use serde_json::json;
use wire::payment::{CarryPayment, PaymentProgress, PayoutPaymentView, Reconciliation, UnmatchedItem};

use super::client::Client;
use super::cycles::{Which, find, foretell};
use super::payments::{Stands, progress};
use super::terminal::Terminal;

#[derive(Subcommand)]
pub enum EndCommand {
    /// Give a payment that nothing pays back to what the member is owed, for the next cycle.
    Carry {
        #[command(flatten)]
        which: Which,
        /// The member who was to be paid.
        #[arg(long)]
        member: MemberId,
        /// Why; the member reads it.
        #[arg(long)]
        reason: String,
    },
    /// Lay the books beside the bank. The status is 1 where somebody must look.
    Reconcile,
    /// Close a cycle of which everything is paid: one asks for it, and another closes it.
    Close(Which),
}

pub async fn run(terminal: Terminal, client: &mut Client, command: EndCommand) -> anyhow::Result<()> {
    match command {
        EndCommand::Carry { which, member, reason } => carry(terminal, client, &which, member, reason).await,
        EndCommand::Reconcile => reconcile(terminal, client).await,
        EndCommand::Close(which) => close(terminal, client, &which).await,
    }
}

async fn carry(
    terminal: Terminal,
    client: &mut Client,
    which: &Which,
    member: MemberId,
    reason: String,
) -> anyhow::Result<()> {
    let cycle = find(client, which).await?;
    let payments: Vec<PayoutPaymentView> = client.all(&format!("payouts/{}/payments", cycle.id)).await?;
    let payment = payments.into_iter().find(|one| one.member == member);
    let payment = payment.with_context(|| format!("{} pays nothing to {member}", cycle.period))?;
    terminal.tell(format_args!(
        "Cycle {} owes {} {} to {member}: {}{}",
        cycle.period,
        payment.amount,
        cycle.currency,
        payment.state,
        payment
            .reason
            .as_deref()
            .map(|why| format!(", {why}"))
            .unwrap_or_default()
    ))?;
    if !terminal.confirms(&payment, "Give it back to what the member is owed, for the next cycle?")? {
        return Ok(());
    }
    let path = format!("payouts/{}/payments/{member}/carry", cycle.id);
    let carried: PayoutPaymentView = client.post(&path, &CarryPayment { reason }).await?;
    terminal.tell("Carried. The next cycle pays it.")?;
    terminal.answer(&carried)
}

async fn reconcile(terminal: Terminal, client: &mut Client) -> anyhow::Result<()> {
    let beside: Reconciliation = terminal.wait("looking", client.get("reconciliation")).await?;
    terminal.tell(Beside(&beside))?;
    terminal.answer(&beside)?;
    if beside.alarms.is_empty() {
        return Ok(());
    }
    let alarms = beside.alarms.iter().map(|alarm| match alarm.oldest_days {
        Some(days) => format!("{} {}, the oldest for {days} days", alarm.count, alarm.kind),
        None => format!("{} {}", alarm.count, alarm.kind),
    });
    bail!("somebody must look: {}", alarms.collect::<Vec<_>>().join("; "))
}

async fn close(terminal: Terminal, client: &mut Client, which: &Which) -> anyhow::Result<()> {
    let cycle = find(client, which).await?;
    let before = progress(client, &cycle).await?;
    terminal.tell(Stands(&cycle, &before))?;
    let _ = foretell(terminal, client, &cycle, Some("closing")).await?;
    let question = match before.closing_asked_by {
        Some(by) => format!("{by} asked for it to be closed. Close it? A cycle that is closed stays closed."),
        None => String::from("Ask for it to be closed? Somebody else who holds an office closes it then."),
    };
    if !terminal.confirms(&before, question)? {
        return Ok(());
    }
    let path = format!("payouts/{}/closing", cycle.id);
    let after: PaymentProgress = terminal.wait("closing", client.post(&path, &json!({}))).await?;
    terminal.tell(if after.closed_at.is_some() {
        "Closed."
    } else {
        "Asked for. Somebody else who holds an office closes it with the same command."
    })?;
    terminal.tell(Stands(&cycle, &after))?;
    terminal.answer(&after)
}

/// The books beside the bank, in words.
struct Beside<'a>(&'a Reconciliation);

impl Display for Beside<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let beside = self.0;
        write!(formatter, "The books beside the bank")?;
        for one in &beside.accounts {
            write!(
                formatter,
                "\n  {}: {} {} in the books",
                one.account, one.in_the_books, one.currency
            )?;
            match (&one.at_the_bank, &one.last_day, &one.difference) {
                (Some(bank), Some(day), Some(less)) => {
                    write!(formatter, ", {bank} at the bank at the end of {day}, {less} apart")?;
                }
                (_, _, _) => write!(formatter, ", and no statement of the bank")?,
            }
            if one.gaps > 0 {
                write!(formatter, "; {} statements leave something out", one.gaps)?;
            }
        }
        for one in &beside.distributors {
            let even = if one.is_even {
                ""
            } else {
                ", which is not as it should be"
            };
            write!(
                formatter,
                "\n  {}: {} {} in the books, {} in the contract in block {}, {} unclaimed{even}",
                one.account, one.in_the_books, one.currency, one.held, one.block, one.unclaimed
            )?;
        }
        for one in &beside.waiting {
            write!(
                formatter,
                "\n  {}: {} {}, and payments come to {}",
                one.account, one.in_the_books, one.currency, one.payments
            )?;
            if !one.is_even {
                write!(formatter, ", which is not the same")?;
            }
        }
        for one in &beside.unmatched {
            unmatched(formatter, one)?;
        }
        Ok(())
    }
}

fn unmatched(formatter: &mut fmt::Formatter<'_>, one: &UnmatchedItem) -> fmt::Result {
    write!(formatter, "\n  {}:", one.side)?;
    let facts = [&one.account, &one.reference, &one.amount, &one.currency, &one.day];
    for fact in facts.into_iter().flatten() {
        write!(formatter, " {fact}")?;
    }
    write!(formatter, ", {}", one.what)?;
    match one.age_days {
        Some(days) if one.is_overdue => write!(formatter, " (for {days} days, which is too long)"),
        Some(days) => write!(formatter, " (for {days} days)"),
        None => Ok(()),
    }
}
