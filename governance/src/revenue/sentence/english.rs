//! Revenue rules in English.

use crate::revenue::{
    Cap, Excess, Infeasible, MetricWeight, Notice, Operation, Payout, Period, Pool, Rail, RevenueRule, Rounding,
    Shortfall, Step, Target, Withholding,
};

pub(super) fn rule(rule: &RevenueRule) -> Vec<String> {
    let mut sentences: Vec<String> = rule.steps.iter().map(|each| step(each, &rule.currency)).collect();
    sentences.extend(rule.withholding.iter().map(withholding));
    sentences.extend(payout(&rule.payout, &rule.currency));
    sentences.extend(rule.notice.map(notice));
    if let Some(profile) = rule.profile {
        sentences.push(format!("The rule means to follow the profile {}.", profile.name()));
    }
    sentences
}

fn step(step: &Step, currency: &str) -> String {
    let from = &step.from;
    let text = match &step.does {
        Operation::Fixed { amount, to, shortfall } => {
            let short = match shortfall {
                Shortfall::Partial => "or what there is, where that is less",
                Shortfall::Refuse => "and nothing is distributed where there is less",
            };
            format!("{amount} {currency} go from {from} to {to}, {short}.")
        }
        Operation::Percent { share, to } => format!("{share} of what is in {from} goes to {to}."),
        Operation::Reserve { share, to, until } => {
            let until = match until {
                None => String::new(),
                Some(Target::Amount { amount }) => format!(", until {to} holds {amount} {currency}"),
                Some(Target::Balance { share, of }) if share.share() == share.whole() => {
                    format!(", until {to} holds as much as {of}")
                }
                Some(Target::Balance { share, of }) => format!(", until {to} holds {share} of {of}"),
            };
            format!("{share} of what is in {from} goes to {to}{until}.")
        }
        Operation::CapitalInterest { annual, period, to } => format!(
            "Out of {from}, {to} get interest on their paid-up capital at {annual} a year, for {}; less in proportion where \
             there is less.",
            self::period(*period)
        ),
        Operation::Split { parts } => {
            let all: u128 = parts.iter().map(|part| u128::from(part.weight)).sum();
            let parts: Vec<String> = parts
                .iter()
                .map(|part| format!("{}/{all} to {}", part.weight, part.to))
                .collect();
            format!("Everything in {from} is split: {}.", parts.join(", "))
        }
        Operation::PerCapita { to } => format!("Everything in {from} is shared equally among {to}."),
        Operation::Patronage { .. } => patronage(from, &step.does, currency),
        Operation::Transfer { to } => format!("Everything in {from} goes to {to}."),
        Operation::Sink {} => format!("What is in {from} stays there."),
    };
    format!("{}: {text}", step.id)
}

const fn period(period: Period) -> &'static str {
    match period {
        Period::Month => "one month",
        Period::Quarter => "a quarter of a year",
        Period::HalfYear => "half a year",
        Period::Year => "a year",
    }
}

fn patronage(from: &Pool, does: &Operation, currency: &str) -> String {
    let Operation::Patronage {
        to,
        weights,
        floor,
        cap,
        infeasible,
        excess,
    } = does
    else {
        return String::new();
    };
    let mut text = format!(
        "Everything in {from} is shared among {to} in proportion to {}.",
        measure(weights)
    );
    if let Some(floor) = floor {
        let short = match infeasible {
            Infeasible::DropFloor => "where there is too little for that, nobody has a floor",
            Infeasible::Refuse => "where there is too little for that, nothing is distributed",
        };
        text.push_str(&format!(
            " Whoever contributed at all gets at least {floor} {currency}; {short}."
        ));
    }
    if let Some(cap) = cap {
        let most = match cap {
            Cap::Amount { amount } => format!("{amount} {currency}"),
            Cap::Pool { share } => format!("{share} of it"),
        };
        let excess = match excess {
            Excess::Redistribute => "what is above goes to the others in proportion",
            Excess::Stay => "what is above stays in the pool for the next step",
        };
        text.push_str(&format!(" Nobody gets more than {most}; {excess}."));
    }
    text
}

fn measure(weights: &[MetricWeight]) -> String {
    let terms: Vec<String> = weights
        .iter()
        .map(|each| match each.weight {
            1 => each.metric.to_string(),
            weight => format!("{weight} times {}", each.metric),
        })
        .collect();
    terms.join(" plus ")
}

fn withholding(withholding: &Withholding) -> String {
    let rounding = match withholding.rounding {
        Rounding::Down => "down",
        Rounding::Up => "up",
    };
    format!(
        "{}: of payments to members with the tax profile {}, {} is withheld for {}, rounded {rounding} to whole minor units.",
        withholding.id, withholding.profile, withholding.share, withholding.to
    )
}

fn payout(payout: &Payout, currency: &str) -> Vec<String> {
    let rails: Vec<&str> = payout
        .rails
        .iter()
        .map(|rail| match rail {
            Rail::Sepa => "bank file",
            Rail::Evm => "claim on chain",
            Rail::Manual => "hand",
        })
        .collect();
    let least = if payout.min.units() == 0 {
        String::new()
    } else {
        format!(", once {} {currency} can be paid", payout.min)
    };
    let mut sentences = vec![format!(
        "Members are paid in amounts with {} decimals{least}, by {}; the rest is carried to the next cycle.",
        payout.decimals,
        rails.join(" or ")
    )];
    if let Some(dormant) = &payout.dormant {
        sentences.push(format!(
            "What could not be paid for {} months goes to {}.",
            dormant.after_months, dormant.to
        ));
    }
    sentences
}

fn notice(notice: Notice) -> String {
    format!(
        "At least {} of what a member is given is paid in money.",
        notice.cash_share_min
    )
}
