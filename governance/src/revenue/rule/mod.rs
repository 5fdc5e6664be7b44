//! The rule as data.

mod check;
mod coding;

use serde::{Deserialize, Serialize};

pub use check::{PARTS_MAX, RevenueRuleRefusal, STEPS_MAX, StepRefusal};

use super::{Amount, Group, Label, Pool};
use crate::hash::Hash32;
use crate::rule::Ratio;
use crate::time::Timestamp;

/// One version of the rule by which revenue becomes reserves and members' shares, and by which shares are paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevenueRule {
    /// 1 for the first version, then one more each time.
    pub version: u64,
    /// The hash of the version before; the zero word for the first.
    #[serde(default)]
    pub supersedes: Hash32,
    /// The code of the currency, three capitals (ISO 4217).
    pub currency: String,
    /// From when it applies.
    pub effective_from: Timestamp,
    /// The law it means to follow; a draft is looked at under it before the vote ([`super::legal`]).
    #[serde(default)]
    pub profile: Option<Profile>,
    /// What is done with revenue, in this order.
    pub steps: Vec<Step>,
    /// What is withheld of what is paid.
    #[serde(default)]
    pub withholding: Vec<Withholding>,
    /// How shares are paid.
    pub payout: Payout,
    /// What members are promised in writing.
    #[serde(default)]
    pub notice: Option<Notice>,
}

/// A step: one operation on one pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name.
    pub id: Label,
    /// The pool it takes from.
    #[serde(default = "Pool::revenue")]
    pub from: Pool,
    /// What it does.
    pub does: Operation,
}

/// What a step does. None of them does anything but take from a pool what is there, and credit it elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// Moves a fixed amount.
    Fixed {
        /// How much.
        amount: Amount,
        /// Where to.
        to: Pool,
        /// What happens where there is less.
        shortfall: Shortfall,
    },
    /// Moves a share of what is in the pool at that moment, rounded down.
    Percent {
        /// The share.
        share: Ratio,
        /// Where to.
        to: Pool,
    },
    /// Moves a share of what is in the pool to a reserve, rounded down, and no more than the reserve has room for.
    Reserve {
        /// The share.
        share: Ratio,
        /// Where to: a reserve.
        to: Pool,
        /// When the reserve is full; never where this is left out.
        #[serde(default)]
        until: Option<Target>,
    },
    /// Pays interest on members' capital, rounded down in sum, shared in proportion to it; what there is, where that is less.
    CapitalInterest {
        /// The rate for a year.
        annual: Ratio,
        /// How much of a year a cycle is.
        period: Period,
        /// Whose capital.
        to: Group,
    },
    /// Shares everything in the pool among pools in proportion to their parts.
    Split {
        /// The parts.
        parts: Vec<Part>,
    },
    /// Shares everything in the pool equally among members.
    PerCapita {
        /// Among whom.
        to: Group,
    },
    /// Shares everything in the pool among members in proportion to what they contributed or used.
    Patronage {
        /// Among whom.
        to: Group,
        /// What counts, and how much.
        weights: Vec<MetricWeight>,
        /// The least that a member with any weight gets.
        #[serde(default)]
        floor: Option<Amount>,
        /// The most that a member gets.
        #[serde(default)]
        cap: Option<Cap>,
        /// What happens where there is too little for the floor.
        #[serde(default)]
        infeasible: Infeasible,
        /// What happens with what is above the cap.
        #[serde(default)]
        excess: Excess,
    },
    /// Moves everything in the pool to another one.
    Transfer {
        /// Where to.
        to: Pool,
    },
    /// Declares that what is in the pool stays there.
    Sink {},
}

/// What happens where a pool holds less than a fixed amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortfall {
    /// What there is moves.
    Partial,
    /// The cycle is refused.
    Refuse,
}

/// When a reserve is full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reaches", rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// At a fixed amount.
    Amount {
        /// How much.
        amount: Amount,
    },
    /// At a share of a balance that the books give, such as the paid-up capital.
    Balance {
        /// The share.
        share: Ratio,
        /// The balance's name.
        of: Label,
    },
}

/// How much of a year a cycle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A twelfth.
    Month,
    /// A quarter.
    Quarter,
    /// Half.
    HalfYear,
    /// The whole.
    Year,
}

impl Period {
    /// In months.
    #[must_use]
    pub const fn months(self) -> u8 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::HalfYear => 6,
            Self::Year => 12,
        }
    }
}

/// A pool's part of a split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The pool.
    pub to: Pool,
    /// Its weight.
    pub weight: u64,
}

/// How much one of a metric counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricWeight {
    /// The metric.
    pub metric: Label,
    /// The weight of each.
    pub weight: u64,
}

/// The most that a member gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum Cap {
    /// A fixed amount.
    Amount {
        /// How much.
        amount: Amount,
    },
    /// A share of what the step gives, rounded down.
    Pool {
        /// The share.
        share: Ratio,
    },
}

/// What happens where there is less than the floor for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Infeasible {
    /// The floor is dropped, and what there is is shared in proportion.
    #[default]
    DropFloor,
    /// The cycle is refused.
    Refuse,
}

/// What happens with what is above a member's cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Excess {
    /// It goes to the other members in proportion, as far as their caps let it.
    #[default]
    Redistribute,
    /// It stays in the pool for the next step.
    Stay,
}

/// What is withheld of payments to members with a tax profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withholding {
    /// Its name.
    pub id: Label,
    /// The tax profile.
    pub profile: Label,
    /// The share, of what is paid in whole minor units.
    pub share: Ratio,
    /// Where it goes: a tax pool.
    pub to: Pool,
    /// How a part of a minor unit is rounded.
    pub rounding: Rounding,
}

/// How a part of a minor unit is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Down: the member keeps it.
    Down,
    /// Up.
    Up,
}

/// How shares are paid: in whole minor units, at least so many, and the rest is carried to the next cycle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payout {
    /// The decimals of the currency's minor unit: 2 for the euro, 0 for the yen.
    pub decimals: u8,
    /// The least payment. What is below it is carried, except in the last payment to a member who leaves.
    pub min: Amount,
    /// What happens with what nobody claims; carried for ever where this is left out.
    #[serde(default)]
    pub dormant: Option<Dormancy>,
    /// The ways payments may go, each once.
    pub rails: Vec<Rail>,
}

/// What happens with what a member does not claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dormancy {
    /// After how many months without a payment that could be made.
    pub after_months: u16,
    /// Where it goes: a fund.
    pub to: Pool,
}

/// A way payments go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rail {
    /// A bank file.
    Sepa,
    /// A claim on a chain.
    Evm,
    /// By hand, with evidence.
    Manual,
}

/// What members are promised in writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The least share of a member's part that is paid in money.
    pub cash_share_min: Ratio,
}

/// The law that a rule means to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Profile {
    /// France, société coopérative d'intérêt collectif.
    #[serde(rename = "FR-SCIC")]
    FrScic,
    /// Italy, società cooperativa.
    #[serde(rename = "IT-COOP")]
    ItCoop,
    /// Switzerland, Genossenschaft.
    #[serde(rename = "CH-GENO")]
    ChGeno,
    /// The United States, subchapter T of the Internal Revenue Code.
    #[serde(rename = "US-T")]
    UsT,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 4] = [Self::FrScic, Self::ItCoop, Self::ChGeno, Self::UsT];

    /// The name in JSON and in the record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FrScic => "FR-SCIC",
            Self::ItCoop => "IT-COOP",
            Self::ChGeno => "CH-GENO",
            Self::UsT => "US-T",
        }
    }
}

impl Operation {
    /// The name in JSON and in the record.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Fixed { .. } => "fixed",
            Self::Percent { .. } => "percent",
            Self::Reserve { .. } => "reserve",
            Self::CapitalInterest { .. } => "capital_interest",
            Self::Split { .. } => "split",
            Self::PerCapita { .. } => "per_capita",
            Self::Patronage { .. } => "patronage",
            Self::Transfer { .. } => "transfer",
            Self::Sink {} => "sink",
        }
    }

    /// The pools it may credit.
    #[must_use]
    pub fn pools(&self) -> Vec<&Pool> {
        match self {
            Self::Fixed { to, .. } | Self::Percent { to, .. } | Self::Reserve { to, .. } | Self::Transfer { to } => {
                vec![to]
            }
            Self::Split { parts } => parts.iter().map(|part| &part.to).collect(),
            Self::CapitalInterest { .. } | Self::PerCapita { .. } | Self::Patronage { .. } | Self::Sink {} => {
                Vec::new()
            }
        }
    }

    /// Whether it means to leave nothing behind, or declares that what it leaves stays.
    #[must_use]
    pub const fn drains(&self) -> bool {
        match self {
            Self::Split { .. }
            | Self::PerCapita { .. }
            | Self::Patronage { .. }
            | Self::Transfer { .. }
            | Self::Sink {} => true,
            Self::Fixed { .. } | Self::Percent { .. } | Self::Reserve { .. } | Self::CapitalInterest { .. } => false,
        }
    }
}
