//! How each cent came about, in sentences that a member can check with a calculator.

use std::io::Write;

use governance::id::MemberId;
use governance::revenue::{Amount, Multiplier, Operation, Payment, Receiver, Step, StepComputed};

use super::Allocation;
use crate::print::harmless;

/// Tells how the amounts came about: of every member, or of one alone.
///
/// # Errors
/// If `to` cannot be written to.
pub fn explain_allocation(to: &mut impl Write, allocation: &Allocation, only: Option<MemberId>) -> std::io::Result<()> {
    let currency = &allocation.rule.currency;
    writeln!(to, "{} {currency} are distributed.", allocation.cycle.revenue)?;
    for (step, did) in allocation.rule.steps.iter().zip(&allocation.computed.steps) {
        writeln!(to)?;
        explain_step(to, step, did, only)?;
    }
    writeln!(to)?;
    for payment in &allocation.payments {
        if only.is_none_or(|only| only == payment.member) {
            writeln!(to, "{}", harmless(&paid(payment)))?;
        }
    }
    Ok(())
}

fn explain_step(to: &mut impl Write, step: &Step, did: &StepComputed, only: Option<MemberId>) -> std::io::Result<()> {
    let kind = step.does.name();
    writeln!(
        to,
        "Step {} ({kind}): {} held {}, and holds {} afterwards.",
        step.id, step.from, did.before, did.after
    )?;
    if did.floor_dropped {
        writeln!(to, "  There was too little for the floor, so nobody has one.")?;
    }
    if let Some(Multiplier { pool, weight }) = did.multiplier {
        let pool = Amount::from_units(pool).unwrap_or_default();
        writeln!(to, "  One of weight gets {pool} / {weight}.")?;
    }
    let mut weights = did.weights.iter();
    for line in &did.lines {
        match &line.to {
            Receiver::Pool(pool) => writeln!(to, "  {} to {pool}{}.", line.amount, pool_reason(step, did))?,
            Receiver::Member(member) => {
                let weight = weights.next().copied().unwrap_or_default();
                if only.is_none_or(|only| only == *member) {
                    writeln!(
                        to,
                        "  {} to {member}: {}.",
                        line.amount,
                        reason(did, weight, line.amount)
                    )?;
                }
            }
        }
    }
    Ok(())
}

/// Why a pool got less than what the operation asks for, where it did.
fn pool_reason(step: &Step, did: &StepComputed) -> String {
    match &step.does {
        Operation::Fixed { amount, .. } if *amount > did.before => format!(", all there was of {amount}"),
        Operation::Percent { share, .. } => format!(", {share} of it"),
        Operation::Reserve { share, .. } => {
            let whole = did.before.wide() * i128::from(share.share()) / i128::from(share.whole());
            let given = did.before.wide() - did.after.wide();
            if given < whole {
                let whole = Amount::from_wide(whole).unwrap_or_default();
                format!(", what it had room for of {share}, which is {whole}")
            } else {
                format!(", {share} of it")
            }
        }
        Operation::Split { parts } => {
            let all: u128 = parts.iter().map(|part| u128::from(part.weight)).sum();
            format!(", in proportion to its part of {all}")
        }
        Operation::Fixed { .. }
        | Operation::CapitalInterest { .. }
        | Operation::PerCapita { .. }
        | Operation::Patronage { .. }
        | Operation::Transfer { .. }
        | Operation::Sink {} => String::new(),
    }
}

fn reason(did: &StepComputed, weight: u64, amount: Amount) -> String {
    let Some(multiplier) = did.multiplier else {
        return format!("weight {weight}, all of it or the floor or the cap");
    };
    let product = u128::from(multiplier.pool) * u128::from(weight);
    let down = product / multiplier.weight.max(1);
    let remainder = product % multiplier.weight.max(1);
    match u128::from(amount.units()).checked_sub(down) {
        Some(0) if remainder == 0 => format!("weight {weight}, exactly"),
        Some(0) => format!("weight {weight}, rounded down, remainder {remainder}"),
        Some(1) if remainder > 0 => {
            format!("weight {weight}, rounded down and a unit more, remainder {remainder} being among the largest")
        }
        Some(_) => format!("weight {weight}, raised to the floor"),
        None => format!("weight {weight}, lowered to the cap"),
    }
}

fn paid(payment: &Payment) -> String {
    let mut text = format!(
        "{}: carried {} and accrued {}; {} is paid",
        payment.member, payment.before, payment.accrued, payment.paid
    );
    if let Some(withholding) = &payment.withholding {
        text.push_str(&format!(", {} withheld by {withholding}", payment.withheld));
    }
    if payment.dormant > Amount::ZERO {
        text.push_str(&format!(
            ", {} goes to the fund for what nobody claims",
            payment.dormant
        ));
    }
    if payment.is_held {
        text.push_str(", the payment being held");
    }
    text.push_str(&format!("; {} is carried.", payment.carried));
    text
}
