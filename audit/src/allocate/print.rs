//! The report as text and as JSON.

use std::io::Write;

use governance::revenue::legal::Standing;
use governance::rule::Language;
use serde_json::{Value, json};

use super::Allocation;
use super::claims::receiver;
use crate::print::harmless;

const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Holds => "holds",
        Standing::Check => "check",
        Standing::Breached => "breached",
    }
}

/// The report as text.
///
/// # Errors
/// If `to` cannot be written to.
pub fn print_allocation(to: &mut impl Write, allocation: &Allocation) -> std::io::Result<()> {
    writeln!(to, "rule            {}", allocation.rule_hash)?;
    writeln!(to, "cycle           {}", allocation.cycle.word)?;
    writeln!(
        to,
        "revenue         {} {} to {} members",
        allocation.cycle.revenue,
        allocation.rule.currency,
        allocation.payments.len()
    )?;
    for step in &allocation.computed.steps {
        writeln!(
            to,
            "step            {}: {} in {} {}, {} left, {}",
            step.step,
            governance::revenue::Amount::from_wide(step.before.wide() - step.after.wide()).unwrap_or_default(),
            step.lines.len(),
            if step.lines.len() == 1 { "line" } else { "lines" },
            step.after,
            step.digest
        )?;
    }
    writeln!(to, "digest          {}", allocation.computed.digest)?;
    writeln!(to, "payments        {}", allocation.payout_digest)?;
    if let Some(root) = allocation.statements {
        writeln!(to, "statements      {root}")?;
    }
    for finding in &allocation.findings {
        writeln!(
            to,
            "profile         {} {}: {} ({})",
            finding.clause.id,
            standing(finding.standing),
            finding.text,
            finding.clause.source
        )?;
    }
    for difference in &allocation.differences {
        writeln!(to, "DIFFERENT       {}", harmless(difference))?;
    }
    let kept = u64::try_from(allocation.differences.len()).unwrap_or(u64::MAX);
    if allocation.different > kept {
        writeln!(to, "DIFFERENT       and {} more", allocation.different - kept)?;
    }
    for missing in &allocation.missing {
        writeln!(to, "NOT CLAIMED     {missing}")?;
    }
    let verdict = match (allocation.different, allocation.missing.is_empty()) {
        (0, true) => "the same result",
        (0, false) => "nothing claimed differs",
        (_, _) => "a different result",
    };
    writeln!(to, "{} claims compared: {verdict}", allocation.compared)
}

/// The report as JSON: also what was computed, line by line.
#[must_use]
pub fn allocation_json(allocation: &Allocation) -> Value {
    let steps: Vec<Value> = allocation
        .computed
        .steps
        .iter()
        .map(|step| {
            let lines: Vec<Value> = step
                .lines
                .iter()
                .map(|line| json!({"to": receiver(&line.to), "amount": line.amount}))
                .collect();
            json!({"step": step.step, "before": step.before, "after": step.after, "digest": step.digest, "lines": lines})
        })
        .collect();
    let payments: Vec<Value> = allocation
        .payments
        .iter()
        .map(|payment| {
            json!({
                "member": payment.member, "before": payment.before, "accrued": payment.accrued,
                "withheld": payment.withheld, "paid": payment.paid, "dormant": payment.dormant,
                "carried": payment.carried, "held": payment.is_held,
            })
        })
        .collect();
    let findings: Vec<Value> = allocation
        .findings
        .iter()
        .map(|finding| {
            json!({
                "clause": finding.clause.id, "standing": standing(finding.standing), "steps": finding.steps,
                "text": finding.text, "source": finding.clause.source,
            })
        })
        .collect();
    json!({
        "rule": allocation.rule_hash,
        "sentences": {
            "en": allocation.rule.sentences(Language::English),
            "zh-Hans": allocation.rule.sentences(Language::Chinese),
        },
        "cycle": allocation.cycle.word,
        "revenue": allocation.cycle.revenue,
        "steps": steps,
        "pools": allocation.computed.pools,
        "digest": allocation.computed.digest,
        "payments": payments,
        "payout_digest": allocation.payout_digest,
        "statements": allocation.statements,
        "findings": findings,
        "compared": allocation.compared,
        "different": allocation.different,
        "differences": allocation.differences,
        "missing": allocation.missing,
    })
}
