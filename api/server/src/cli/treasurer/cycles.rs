//! The steps of a payout cycle, each shown before it is taken.

use std::fmt::{self, Display};

use anyhow::{Context as _, ensure};
use clap::Subcommand;
use serde_json::json;
use wire::payout::{
    ApprovePayoutCycle, CancelPayoutCycle, FreezePreview, OpenPayoutCycle, PayoutCycleSummary, PayoutCycleView,
    PayoutNext,
};
use wire::revenue::RevenueRuleVersion;

use super::client::Client;
use super::terminal::Terminal;

/// Which cycle is meant.
#[derive(clap::Args)]
pub struct Which {
    /// The cycle, by its period or its identifier; the newest that is neither cancelled nor undone unless said.
    cycle: Option<String>,
}

#[derive(Subcommand)]
pub enum CycleCommand {
    /// List the cycles.
    Cycles,
    /// Show a cycle: where it stands, what each step gave, who approved.
    Show(Which),
    /// Tell what comes next in a cycle, without doing it: what the step does, its figures, who takes it, and what stands in the way.
    Next(Which),
    /// Open a cycle under the rule in force.
    Open {
        /// How the period is called, such as 2026-Q3.
        #[arg(long)]
        period: String,
        /// The last day whose income and costs are shared, such as 2026-09-30.
        #[arg(long, value_name = "DAY")]
        ends_on: String,
    },
    /// Freeze the inputs of a cycle: nothing that happens later changes what it computes.
    Freeze(Which),
    /// Compute it inside the database.
    Compute(Which),
    /// Compute it again by another program, which must come to the same.
    Verify(Which),
    /// Put it before those who approve.
    Propose(Which),
    /// Approve exactly what is shown, as somebody else who holds an office.
    Approve(Which),
    /// Post it to the books.
    Post(Which),
    /// Cancel it before it is posted.
    Cancel {
        #[command(flatten)]
        which: Which,
        /// Why; members read it.
        #[arg(long)]
        reason: String,
    },
}

pub async fn run(terminal: Terminal, client: &mut Client, command: CycleCommand) -> anyhow::Result<()> {
    let (step, which) = match command {
        CycleCommand::Cycles => return list(terminal, client).await,
        CycleCommand::Show(which) => {
            let cycle = find(client, &which).await?;
            terminal.tell(Told(&cycle))?;
            return terminal.answer(&cycle);
        }
        CycleCommand::Next(which) => {
            let cycle = find(client, &which).await?;
            let next = foretell(terminal, client, &cycle, None).await?;
            return terminal.answer(&next);
        }
        CycleCommand::Open { period, ends_on } => return open(terminal, client, period, ends_on).await,
        CycleCommand::Freeze(which) => return freeze(terminal, client, &which).await,
        CycleCommand::Approve(which) => return approve(terminal, client, &which).await,
        CycleCommand::Cancel { which, reason } => return cancel(terminal, client, &which, reason).await,
        CycleCommand::Compute(which) => (COMPUTE, which),
        CycleCommand::Verify(which) => (VERIFY, which),
        CycleCommand::Propose(which) => (PROPOSE, which),
        CycleCommand::Post(which) => (POST, which),
    };
    let cycle = find(client, &which).await?;
    terminal.tell(Told(&cycle))?;
    let next = foretell(terminal, client, &cycle, Some(step.route)).await?;
    if !terminal.confirms(&next, step.question)? {
        return Ok(());
    }
    take(terminal, client, &cycle, &step, &json!({})).await
}

/// Tells what comes next in a cycle, and where that is not the step that is wanted.
pub async fn foretell(
    terminal: Terminal,
    client: &mut Client,
    cycle: &PayoutCycleView,
    wanted: Option<&str>,
) -> anyhow::Result<PayoutNext> {
    let next: PayoutNext = client.get(&format!("payouts/{}/next", cycle.id)).await?;
    let (Some(act), Some(what)) = (&next.act, &next.what) else {
        terminal.tell(format_args!("Nothing follows: the cycle is {}.", next.stage))?;
        return Ok(next);
    };
    terminal.tell(format_args!(
        "Next is {act}, by a {}. {what}",
        next.roles.join(" or a ")
    ))?;
    if let (Some(sums), Some(members)) = (&next.sums, next.members) {
        let (paid, withheld, currency) = (&sums.paid, &sums.withheld, &next.currency);
        terminal.tell(format_args!(
            "  It is about {paid} {currency} to {} of {members} members, with {withheld} {currency} withheld.",
            sums.payments
        ))?;
    }
    if let Some(needed) = next.approvals_needed {
        let names: Vec<&str> = next.approvers.iter().map(|one| one.name.as_str()).collect();
        terminal.tell(format_args!(
            "  Approvals: {} of {needed}. Who may still approve: {}.",
            next.approvals_given,
            if names.is_empty() {
                String::from("nobody")
            } else {
                names.join(", ")
            }
        ))?;
    }
    for obstacle in &next.obstacles {
        terminal.tell(format_args!("  In the way: {obstacle}"))?;
    }
    if let Some(wanted) = wanted.filter(|wanted| wanted != act) {
        terminal.tell(format_args!("  In the way: {wanted} is not what comes next."))?;
    }
    Ok(next)
}

/// A step, and what is said of it.
struct Step {
    route: &'static str,
    question: &'static str,
    doing: &'static str,
    done: &'static str,
}

const COMPUTE: Step = Step {
    route: "computation",
    question: "Compute it inside the database?",
    doing: "computing",
    done: "Computed. Verify it next: another program must come to the same.",
};
const VERIFY: Step = Step {
    route: "verification",
    question: "Compute it again by another program?",
    doing: "computing again",
    done: "Verified: two programs came to the same, step by step. Propose it next.",
};
const PROPOSE: Step = Step {
    route: "proposal",
    question: "Put it before those who approve? Nobody who prepared it is one of them.",
    doing: "proposing",
    done: "Proposed. Others who hold an office approve these digests.",
};
const APPROVE: Step = Step {
    route: "approvals",
    question: "Approve exactly these digests?",
    doing: "approving",
    done: "Approved by you.",
};
const POST: Step = Step {
    route: "posting",
    question: "Post it to the books? What is posted stays.",
    doing: "posting",
    done: "Posted as one transaction. Issue its payments next.",
};
const FREEZE: Step = Step {
    route: "freezing",
    question: "Freeze these inputs?",
    doing: "freezing",
    done: "Frozen. Compute it next.",
};
const CANCEL: Step = Step {
    route: "cancellation",
    question: "Cancel it?",
    doing: "cancelling",
    done: "Cancelled. Its period is free again.",
};

async fn take(
    terminal: Terminal,
    client: &mut Client,
    cycle: &PayoutCycleView,
    step: &Step,
    body: &impl serde::Serialize,
) -> anyhow::Result<()> {
    let path = format!("payouts/{}/{}", cycle.id, step.route);
    let doing = format!("{} {}", step.doing, cycle.period);
    let done: PayoutCycleView = terminal.wait(doing, client.post(&path, body)).await?;
    terminal.tell(step.done)?;
    terminal.tell(Told(&done))?;
    terminal.answer(&done)
}

async fn list(terminal: Terminal, client: &mut Client) -> anyhow::Result<()> {
    let cycles: Vec<PayoutCycleSummary> = client.all("payouts").await?;
    if cycles.is_empty() {
        terminal.tell("No cycle was opened yet.")?;
    }
    for cycle in &cycles {
        let revenue = cycle.revenue.as_deref().unwrap_or("-");
        terminal.tell(format_args!(
            "{:<12} {:<10} up to {}  {revenue:>16} {}  {}",
            cycle.period, cycle.stage, cycle.ends_on, cycle.currency, cycle.id
        ))?;
    }
    terminal.answer(&cycles)
}

/// The cycle that is meant.
pub async fn find(client: &mut Client, which: &Which) -> anyhow::Result<PayoutCycleView> {
    let cycles: Vec<PayoutCycleSummary> = client.all("payouts").await?;
    let is_meant = |cycle: &&PayoutCycleSummary| match &which.cycle {
        Some(named) => cycle.id.to_string() == *named || cycle.period == *named,
        None => !matches!(cycle.stage.as_str(), "cancelled" | "undone"),
    };
    // A period that was cancelled may have been opened again, later.
    let found = cycles.iter().rev().find(is_meant);
    let found = found.with_context(|| match &which.cycle {
        Some(named) => format!("there is no cycle {named}; `rochdale treasurer cycles` lists them"),
        None => String::from("no cycle is there; open one with `rochdale treasurer open`"),
    })?;
    client.get(&format!("payouts/{}", found.id)).await
}

async fn open(terminal: Terminal, client: &mut Client, period: String, ends_on: String) -> anyhow::Result<()> {
    let rules: Vec<RevenueRuleVersion> = client.all("revenue/rules").await?;
    let rule = rules.iter().find(|rule| rule.is_in_force);
    let rule = rule.context("no revenue rule is in force; the members adopt one by a decision")?;
    terminal.tell(format_args!(
        "The rule in force, version {} ({}):",
        rule.version, rule.hash
    ))?;
    for sentence in &rule.words.sentences {
        terminal.tell(format_args!("  {sentence}"))?;
    }
    let asked = OpenPayoutCycle { period, ends_on };
    former(terminal, client).await?;
    let question = format!(
        "Open the cycle {} for income and costs up to {}?",
        asked.period, asked.ends_on
    );
    if !terminal.confirms(&asked, question)? {
        return Ok(());
    }
    let opened: PayoutCycleView = client.post("payouts", &asked).await?;
    terminal.tell("Opened. Freeze it next.")?;
    terminal.tell(Told(&opened))?;
    terminal.answer(&opened)
}

/// Tells what a cycle that is opened now follows: what the last one shared, and one that is under way.
async fn former(terminal: Terminal, client: &mut Client) -> anyhow::Result<()> {
    let cycles: Vec<PayoutCycleSummary> = client.all("payouts").await?;
    let counts = |cycle: &&PayoutCycleSummary| !matches!(cycle.stage.as_str(), "cancelled" | "undone");
    let (posted, under_way): (Vec<_>, Vec<_>) = cycles.iter().filter(counts).partition(|one| one.state == "posted");
    match posted.last() {
        Some(last) => terminal.tell(format_args!(
            "The cycle before, {}, shared {} {} up to {}; this one shares what came in since, less costs.",
            last.period,
            last.revenue.as_deref().unwrap_or("nothing"),
            last.currency,
            last.ends_on
        ))?,
        None => {
            terminal.tell("It is the first one that shares something: all income up to its last day, less costs.")?
        }
    }
    terminal.tell("Opening it freezes and pays nothing, and until it is posted it can be cancelled.")?;
    for one in under_way {
        terminal.tell(format_args!(
            "  In the way: {} is under way ({}).",
            one.period, one.stage
        ))?;
    }
    Ok(())
}

async fn freeze(terminal: Terminal, client: &mut Client, which: &Which) -> anyhow::Result<()> {
    let cycle = find(client, which).await?;
    let path = format!("payouts/{}/freezing", cycle.id);
    let preview: FreezePreview = client.get(&path).await?;
    terminal.tell(Told(&cycle))?;
    let _ = foretell(terminal, client, &cycle, Some(FREEZE.route)).await?;
    terminal.tell(format_args!(
        "  It would share {} {}, by {} snapshots of contributions.",
        preview.revenue,
        preview.currency,
        preview.snapshots.len()
    ))?;
    if !terminal.confirms(&preview, FREEZE.question)? {
        return Ok(());
    }
    take(terminal, client, &cycle, &FREEZE, &json!({})).await
}

async fn approve(terminal: Terminal, client: &mut Client, which: &Which) -> anyhow::Result<()> {
    let cycle = find(client, which).await?;
    terminal.tell(Told(&cycle))?;
    ensure!(
        cycle.state == "proposed",
        "only a cycle that is proposed is approved; this one is {}",
        cycle.state
    );
    let (Some(digest), Some(payout_digest)) = (cycle.digest, cycle.payout_digest) else {
        anyhow::bail!("the cycle has no digests");
    };
    let next = foretell(terminal, client, &cycle, Some(APPROVE.route)).await?;
    if !terminal.confirms(&next, APPROVE.question)? {
        return Ok(());
    }
    let body = ApprovePayoutCycle { digest, payout_digest };
    take(terminal, client, &cycle, &APPROVE, &body).await
}

async fn cancel(terminal: Terminal, client: &mut Client, which: &Which, reason: String) -> anyhow::Result<()> {
    let cycle = find(client, which).await?;
    terminal.tell(Told(&cycle))?;
    if !terminal.confirms(&cycle, CANCEL.question)? {
        return Ok(());
    }
    take(terminal, client, &cycle, &CANCEL, &CancelPayoutCycle { reason }).await
}

/// A cycle in words.
struct Told<'a>(&'a PayoutCycleView);

impl Display for Told<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cycle = self.0;
        write!(
            formatter,
            "Cycle {} ({}) is {}: income less costs up to {}, by version {} of the rule.",
            cycle.period, cycle.id, cycle.stage, cycle.ends_on, cycle.rule_version
        )?;
        if let (Some(revenue), Some(members)) = (&cycle.revenue, cycle.members) {
            write!(
                formatter,
                "\n  shares {revenue} {} among {members} members",
                cycle.currency
            )?;
        }
        for step in &cycle.steps {
            let twice = if step.is_verified { ", computed twice alike" } else { "" };
            write!(
                formatter,
                "\n  step {}: {} -> {}{twice}",
                step.step, step.before, step.after
            )?;
        }
        for pool in &cycle.pools {
            write!(formatter, "\n  {} gives {} to {}", pool.step, pool.amount, pool.pool)?;
        }
        if let Some(sums) = &cycle.sums {
            write!(
                formatter,
                "\n  members get {}; paid {} to {}, withheld {}, to funds {}",
                sums.accrued, sums.paid, sums.payments, sums.withheld, sums.dormant
            )?;
        }
        if let (Some(digest), Some(payout_digest)) = (cycle.digest, cycle.payout_digest) {
            write!(
                formatter,
                "\n  digest of the computation {digest}\n  digest of what is paid   {payout_digest}"
            )?;
        }
        if let Some(needed) = cycle.approvals_needed {
            write!(formatter, "\n  {} of {needed} approvals", cycle.approvals.len())?;
        }
        if let Some(journal) = cycle.journal {
            write!(formatter, "\n  posted as transaction {journal}")?;
        }
        if let Some(reason) = &cycle.cancel_reason {
            write!(formatter, "\n  cancelled: {reason}")?;
        }
        if let Some(reason) = &cycle.reversal_reason {
            write!(formatter, "\n  undone: {reason}")?;
        }
        Ok(())
    }
}
