//! Legal profiles: what a law has to say about a rule, as data, looked at before anybody votes.
//!
//! These are notes to configure with, not legal advice: a finding says where to look, and its source. Nothing is refused by them.
//! Laws about equal treatment ask that nobody has a coefficient of their own; a revenue rule cannot express one.

use super::rule::{Operation, Profile, RevenueRule, Target};
use super::waterfall::{Computed, Receiver};
use super::{Amount, Label, Pool, PoolKind};
use crate::rule::Ratio;

/// What a law asks of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// At least this share of the surplus goes to reserves; once a reserve with a target is full, at least the second share.
    ReservesAtLeast {
        /// While reserves fill.
        share: Ratio,
        /// Once those with a target are full.
        once_full: Ratio,
    },
    /// Capital gets at most this rate a year.
    InterestAtMost {
        /// The rate; to be set to the year's legal bound.
        annual: Ratio,
    },
    /// Some step gives to a fund.
    AnyFund,
    /// The rule promises at least this share of each member's part in money.
    CashAtLeast {
        /// The share.
        share: Ratio,
    },
    /// The rule is older than what it distributes.
    BeforeRevenue,
}

/// A requirement with its name and source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clause {
    /// Its name.
    pub id: &'static str,
    /// What is asked.
    pub requirement: Requirement,
    /// Where it stands.
    pub source: &'static str,
}

/// How a rule stands to a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Holds,
    /// It holds in part, or on a condition that somebody must check.
    Check,
    /// It does not hold.
    Breached,
}

/// What was found about a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The clause.
    pub clause: Clause,
    /// How the rule stands to it.
    pub standing: Standing,
    /// The steps it is about.
    pub steps: Vec<Label>,
    /// In plain English, with the figures.
    pub text: String,
}

const fn clause(id: &'static str, requirement: Requirement, source: &'static str) -> Clause {
    Clause {
        id,
        requirement,
        source,
    }
}

const FR_SCIC: &[Clause] = &[
    clause(
        "fr_scic_reserves",
        Requirement::ReservesAtLeast {
            share: Ratio::of(575, 1000),
            once_full: Ratio::of(1, 2),
        },
        "loi 47-1775, articles 16 and 19 nonies",
    ),
    clause(
        "fr_scic_interest",
        Requirement::InterestAtMost {
            annual: Ratio::of(5, 100),
        },
        "loi 47-1775, article 14: the average TMO of three years and 2 points",
    ),
];

const IT_COOP: &[Clause] = &[
    clause(
        "it_reserves",
        Requirement::ReservesAtLeast {
            share: Ratio::of(3, 10),
            once_full: Ratio::of(3, 10),
        },
        "Codice civile, article 2545-quater",
    ),
    clause(
        "it_mutual_fund",
        Requirement::AnyFund,
        "Codice civile, article 2545-quater: a quota to the mutual funds",
    ),
];

const CH_GENO: &[Clause] = &[
    clause(
        "ch_reserves",
        Requirement::ReservesAtLeast {
            share: Ratio::of(1, 20),
            once_full: Ratio::of(0, 1),
        },
        "Obligationenrecht, article 860: until a fifth of the capital",
    ),
    clause(
        "ch_interest",
        Requirement::InterestAtMost {
            annual: Ratio::of(6, 100),
        },
        "Obligationenrecht, article 859: the usual rate of long loans",
    ),
];

const US_T: &[Clause] = &[
    clause(
        "us_cash",
        Requirement::CashAtLeast { share: Ratio::of(1, 5) },
        "26 USC 1388(c): a fifth of a qualified notice in money",
    ),
    clause(
        "us_before_revenue",
        Requirement::BeforeRevenue,
        "26 CFR 1.1388-1(a)(1)(ii): the obligation exists before the co-op receives the amount",
    ),
];

impl Profile {
    /// What the law asks.
    #[must_use]
    pub const fn clauses(self) -> &'static [Clause] {
        match self {
            Self::FrScic => FR_SCIC,
            Self::ItCoop => IT_COOP,
            Self::ChGeno => CH_GENO,
            Self::UsT => US_T,
        }
    }
}

/// Looks at a draft under the profile it names; nothing without one.
#[must_use]
pub fn lint(rule: &RevenueRule) -> Vec<Finding> {
    let clauses = rule.profile.map_or(&[][..], Profile::clauses);
    clauses.iter().map(|clause| look(rule, *clause)).collect()
}

/// Looks at what a rule did in a cycle: the share of the surplus that went to reserves. The surplus is the revenue without fixed amounts.
#[must_use]
pub fn lint_cycle(rule: &RevenueRule, revenue: Amount, computed: &Computed) -> Vec<Finding> {
    let clauses = rule.profile.map_or(&[][..], Profile::clauses);
    clauses
        .iter()
        .filter_map(|clause| match clause.requirement {
            Requirement::ReservesAtLeast { share, once_full } => {
                Some(look_at_reserves(rule, revenue, computed, *clause, share, once_full))
            }
            Requirement::InterestAtMost { .. }
            | Requirement::AnyFund
            | Requirement::CashAtLeast { .. }
            | Requirement::BeforeRevenue => None,
        })
        .collect()
}

fn look(rule: &RevenueRule, clause: Clause) -> Finding {
    let finding = |standing, steps, text| Finding {
        clause,
        standing,
        steps,
        text,
    };
    match clause.requirement {
        Requirement::ReservesAtLeast { share, once_full } => {
            let (standing, text) = reserves(rule, share, once_full);
            finding(standing, steps_to(rule, PoolKind::Reserve), text)
        }
        Requirement::InterestAtMost { annual } => {
            let above: Vec<Label> = rule
                .steps
                .iter()
                .filter(|step| match &step.does {
                    Operation::CapitalInterest { annual: rate, .. } => !annual.is_at_least(*rate),
                    Operation::Fixed { .. }
                    | Operation::Percent { .. }
                    | Operation::Reserve { .. }
                    | Operation::Split { .. }
                    | Operation::PerCapita { .. }
                    | Operation::Patronage { .. }
                    | Operation::Transfer { .. }
                    | Operation::Sink {} => false,
                })
                .map(|step| step.id.clone())
                .collect();
            if above.is_empty() {
                finding(
                    Standing::Holds,
                    above,
                    format!("no capital gets more than {annual} a year"),
                )
            } else {
                let text = format!("capital gets more than {annual} a year; compare with this year's legal bound");
                finding(Standing::Breached, above, text)
            }
        }
        Requirement::AnyFund => match steps_to(rule, PoolKind::Fund) {
            steps if steps.is_empty() => {
                let text = String::from("no step gives to a fund; add a percent step to fund:mutual");
                finding(Standing::Breached, steps, text)
            }
            steps => finding(Standing::Holds, steps, String::from("a step gives to a fund")),
        },
        Requirement::CashAtLeast { share } => match rule.notice {
            Some(notice) if notice.cash_share_min.is_at_least(share) => {
                let text = format!("{} is promised in money", notice.cash_share_min);
                finding(Standing::Holds, Vec::new(), text)
            }
            Some(_) | None => {
                let text = format!("promise at least {share} in money under notice.cash_share_min");
                finding(Standing::Breached, Vec::new(), text)
            }
        },
        Requirement::BeforeRevenue => {
            let text = String::from("anchor the rule's hash before the first revenue of the period is booked");
            finding(Standing::Check, Vec::new(), text)
        }
    }
}

fn steps_to(rule: &RevenueRule, kind: PoolKind) -> Vec<Label> {
    rule.steps
        .iter()
        .filter(|step| step.does.pools().iter().any(|pool| pool.kind() == kind))
        .map(|step| step.id.clone())
        .collect()
}

/// A nominal surplus, large enough that rounding moves no comparison by more than a few parts in 10^15.
const NOMINAL: i128 = 1_000_000_000_000_000_000;
/// What rounding may move: one unit a step.
const SLACK: i128 = 64;

/// What of a nominal surplus goes to reserves, those with a target open or full. Fixed amounts and interest take nothing here: they are
/// costs, and depend on the cycle.
fn to_reserves(rule: &RevenueRule, is_full: bool) -> i128 {
    let mut pools = std::collections::BTreeMap::from([(Pool::revenue(), NOMINAL)]);
    for step in &rule.steps {
        let held = pools.get(&step.from).copied().unwrap_or_default();
        let of = |share: Ratio| held * i128::from(share.share()) / i128::from(share.whole());
        let moves: Vec<(Option<&Pool>, i128)> = match &step.does {
            Operation::Percent { share, to } => vec![(Some(to), of(*share))],
            Operation::Reserve { until: Some(_), .. } if is_full => Vec::new(),
            Operation::Reserve { share, to, .. } => vec![(Some(to), of(*share))],
            Operation::Split { parts } => {
                let all: i128 = parts.iter().map(|part| i128::from(part.weight)).sum();
                let part_of = |weight: u64| held * i128::from(weight) / all.max(1);
                parts
                    .iter()
                    .map(|part| (Some(&part.to), part_of(part.weight)))
                    .collect()
            }
            Operation::Transfer { to } => vec![(Some(to), held)],
            Operation::PerCapita { .. } | Operation::Patronage { .. } => vec![(None, held)],
            Operation::Fixed { .. } | Operation::CapitalInterest { .. } | Operation::Sink {} => Vec::new(),
        };
        for (to, amount) in moves {
            *pools.entry(step.from.clone()).or_default() -= amount;
            if let Some(to) = to {
                *pools.entry(to.clone()).or_default() += amount;
            }
        }
    }
    let reserve = |(pool, held): (&Pool, &i128)| (pool.kind() == PoolKind::Reserve).then_some(*held);
    pools.iter().filter_map(reserve).sum()
}

fn reaches(part: i128, whole: i128, share: Ratio) -> bool {
    (part + SLACK) * i128::from(share.whole()) >= whole * i128::from(share.share())
}

/// A share as parts of a hundred with two places, rounded down.
fn percent(part: i128, whole: i128) -> String {
    let hundredths = part * 10_000 / whole.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn reserves(rule: &RevenueRule, share: Ratio, once_full: Ratio) -> (Standing, String) {
    let (open, full) = (to_reserves(rule, false), to_reserves(rule, true));
    let standing = if !reaches(open, NOMINAL, share) {
        Standing::Breached
    } else if reaches(full, NOMINAL, share) {
        Standing::Holds
    } else if reaches(full, NOMINAL, once_full) {
        Standing::Check
    } else {
        Standing::Breached
    };
    let text = format!(
        "{} % of the surplus goes to reserves, {} % once those with a target are full; {share} is asked for, and {once_full} then",
        percent(open, NOMINAL),
        percent(full, NOMINAL)
    );
    (standing, text)
}

fn look_at_reserves(
    rule: &RevenueRule,
    revenue: Amount,
    computed: &Computed,
    clause: Clause,
    share: Ratio,
    once_full: Ratio,
) -> Finding {
    let (mut fixed, mut reserved) = (0_i128, 0_i128);
    let mut full: Vec<Label> = Vec::new();
    for (step, did) in rule.steps.iter().zip(&computed.steps) {
        for line in &did.lines {
            match &line.to {
                Receiver::Pool(pool) if pool.kind() == PoolKind::Reserve => reserved += line.amount.wide(),
                Receiver::Pool(_) if matches!(step.does, Operation::Fixed { .. }) => fixed += line.amount.wide(),
                Receiver::Pool(_) | Receiver::Member(_) => {}
            }
        }
        if met_target(step.does.clone(), did) {
            full.push(step.id.clone());
        }
    }
    let surplus = revenue.wide() - fixed;
    let is_enough = reserved * i128::from(share.whole()) >= surplus * i128::from(share.share());
    let is_enough_once_full = reserved * i128::from(once_full.whole()) >= surplus * i128::from(once_full.share());
    let standing = match (is_enough, full.is_empty()) {
        (true, _) => Standing::Holds,
        (false, false) if is_enough_once_full => Standing::Check,
        (false, _) => Standing::Breached,
    };
    let text = format!(
        "{} % of the surplus went to reserves; {share} is asked for, and {once_full} once those with a target are full",
        percent(reserved, surplus)
    );
    Finding {
        clause,
        standing,
        steps: full,
        text,
    }
}

/// Whether a reserve got less than its share, since it is full.
fn met_target(does: Operation, did: &super::StepComputed) -> bool {
    match does {
        Operation::Reserve {
            share,
            until: Some(Target::Amount { .. } | Target::Balance { .. }),
            ..
        } => {
            let whole = did.before.wide() * i128::from(share.share()) / i128::from(share.whole());
            did.before.wide() - did.after.wide() < whole
        }
        Operation::Reserve { until: None, .. }
        | Operation::Fixed { .. }
        | Operation::Percent { .. }
        | Operation::CapitalInterest { .. }
        | Operation::Split { .. }
        | Operation::PerCapita { .. }
        | Operation::Patronage { .. }
        | Operation::Transfer { .. }
        | Operation::Sink {} => false,
    }
}
