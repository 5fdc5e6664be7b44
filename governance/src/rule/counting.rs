//! How ballots are counted: one variant for each method, with what the method needs to know.

use serde::{Deserialize, Serialize};

use super::{Needed, Ratio};
use crate::ballot::Method;
use crate::tally::motion::MotionTally;

/// What the yes votes are measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MajorityBase {
    /// Ballots that take a side.
    YesAndNo,
    /// Those and abstentions.
    YesNoAndAbstain,
    /// Every ballot.
    AllBallots,
    /// Everyone on the roll.
    Roll,
}

/// Whether a share must be exceeded or reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// "More than".
    Exceeded,
    /// "At least".
    Reached,
}

/// How many yes votes carry a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Majority {
    /// What they are measured against.
    pub base: MajorityBase,
    /// The share.
    pub share: Ratio,
    /// Exceeded or reached.
    pub threshold: Threshold,
    /// The least weight of yes votes whatever the share; 0 asks for none.
    #[serde(default)]
    pub min_yes: u64,
}

impl Majority {
    /// A share of a base, without a least number of yes votes.
    #[must_use]
    pub const fn new(base: MajorityBase, share: Ratio, threshold: Threshold) -> Self {
        Self {
            base,
            share,
            threshold,
            min_yes: 0,
        }
    }

    /// What the yes votes of this count are measured against.
    #[must_use]
    pub const fn measured(&self, tally: &MotionTally, eligible: u128) -> u128 {
        match self.base {
            MajorityBase::YesAndNo => tally.yes_and_no(),
            MajorityBase::YesNoAndAbstain => tally.yes_and_no().saturating_add(tally.abstain),
            MajorityBase::AllBallots => tally.all(),
            MajorityBase::Roll => eligible,
        }
    }

    /// Whether the share is exceeded or reached.
    #[must_use]
    pub fn is_carried(&self, tally: &MotionTally, eligible: u128) -> bool {
        let base = self.measured(tally, eligible);
        match self.threshold {
            Threshold::Exceeded => self.share.exceeded(tally.yes, base),
            Threshold::Reached => self.share.reached(tally.yes, base),
        }
    }
}

/// What happens when an election cannot be decided by the ballots alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElectionTie {
    /// The lot decides, from secrets committed before voting opened.
    Lot,
    /// Nothing decides: the election ends tied.
    Forbidden,
}

/// What an option is worth on a ballot that gives it no points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "snake_case", deny_unknown_fields)]
pub enum Unscored {
    /// Nothing; the sums of points are compared.
    Zero {},
    /// It says nothing; the averages over those who gave points are compared.
    NoOpinion {
        /// The share of all ballots that must give an option points for it to be chosen at all.
        scorers: Ratio,
    },
}

/// How a budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spending {
    /// The most wanted options in turn, as far as the money goes.
    Greedy,
    /// The Method of Equal Shares.
    EqualShares,
}

/// What a ballot on a budget says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "form", rename_all = "snake_case", deny_unknown_fields)]
pub enum BudgetBallots {
    /// It names options.
    Choices {
        /// How many at most; 0 any number.
        choices_max: u16,
    },
    /// It gives options points from 0.
    Points {
        /// The most points for one option.
        points_max: u32,
    },
}

/// "Nothing changes", as an option that every winner must beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultOption {
    /// Of the ballots that prefer one to the other, the share that must be exceeded by those that prefer the winner. Debian's
    /// majority of 3:1 is 3/4.
    pub share: Ratio,
    /// The weight of ballots that must prefer the winner, whatever the share; `None` asks for none.
    #[serde(default)]
    pub at_least: Option<Needed>,
}

impl DefaultOption {
    /// Whether an option that `preferring` prefer to the default option, and `against` do not, may win.
    #[must_use]
    pub fn is_beaten(self, preferring: u128, against: u128, eligible: u128) -> bool {
        self.share.exceeded(preferring, preferring.saturating_add(against))
            && self.at_least.is_none_or(|needed| needed.is_met(preferring, eligible))
    }
}

/// A counting method with its parameters. Where there are places, bylaws hold 0, which each proposal replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
#[expect(
    missing_docs,
    reason = "`seats` are the places to fill and `tie` is what breaks a tie, wherever they stand"
)]
pub enum Counting {
    /// A motion: yes, no, abstain or blank.
    YesNo {
        /// How many yes votes carry it.
        majority: Majority,
    },
    /// Each ballot names one option; those named most often win.
    Plurality { seats: u16, tie: ElectionTie },
    /// Each ballot names options; those named most often win.
    Approval {
        seats: u16,
        /// How many a ballot may name; 0 any number.
        choices_max: u16,
        tie: ElectionTie,
    },
    /// Each ballot gives options points; the highest sums or averages win.
    Score {
        seats: u16,
        /// The most points for one option.
        points_max: u32,
        /// What no points are worth.
        unscored: Unscored,
        tie: ElectionTie,
    },
    /// Each ballot grades options; the highest medians win.
    MajorityJudgment {
        seats: u16,
        /// How many grades there are; the worst is 0, and an option without a grade has it.
        grades: u8,
        tie: ElectionTie,
    },
    /// Each ballot spreads credits, n votes cost n × n; the most votes win.
    Quadratic {
        seats: u16,
        /// How many credits a ballot has.
        credits: u32,
        tie: ElectionTie,
    },
    /// Each ballot spreads dots; the most dots win.
    Dots {
        seats: u16,
        /// How many dots a ballot has.
        dots: u32,
        tie: ElectionTie,
    },
    /// The options are paid from a budget.
    Budget {
        /// How it is spent.
        spending: Spending,
        /// What a ballot says.
        ballots: BudgetBallots,
        /// What there is to spend, in the smallest unit; in bylaws 0, which each proposal replaces.
        budget: u64,
        /// What each option costs, in the same unit; in bylaws none.
        costs: Vec<u64>,
        tie: ElectionTie,
    },
    /// One place by instant runoff.
    Irv { tie: ElectionTie },
    /// The single transferable vote as in Scottish local elections.
    ScottishStv { seats: u16, tie: ElectionTie },
    /// The single transferable vote by Meek's method.
    Meek { seats: u16, tie: ElectionTie },
    /// Schulze's method.
    Schulze {
        seats: u16,
        tie: ElectionTie,
        /// What every winner must beat.
        #[serde(default)]
        default_option: Option<DefaultOption>,
    },
    /// Copeland's method.
    Copeland {
        seats: u16,
        tie: ElectionTie,
        /// What every winner must beat.
        #[serde(default)]
        default_option: Option<DefaultOption>,
    },
    /// Consent: passes unless too many objections stand.
    Consent {
        /// How many may stand all the same.
        standing_max: u32,
        /// How many members must appeal against the dismissal of an objection before it counts as valid all the same.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        appeals: u16,
    },
    /// Passes unless enough are against.
    Optimistic {
        /// The share of the roll that stops it by saying no; reaching it is enough.
        against: Ratio,
    },
}

/// One member is enough, since a dismissal overrides a member.
const fn one() -> u16 {
    1
}

/// Left out of JSON, as in rules from before it could be said.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_one(appeals: &u16) -> bool {
    *appeals == 1
}

impl Counting {
    /// How many members must appeal against the dismissal of an objection; 1 where nobody objects.
    #[must_use]
    pub const fn appeals(&self) -> u16 {
        match self {
            Self::Consent { appeals, .. } => *appeals,
            Self::YesNo { .. }
            | Self::Plurality { .. }
            | Self::Approval { .. }
            | Self::Score { .. }
            | Self::MajorityJudgment { .. }
            | Self::Quadratic { .. }
            | Self::Dots { .. }
            | Self::Budget { .. }
            | Self::Irv { .. }
            | Self::ScottishStv { .. }
            | Self::Meek { .. }
            | Self::Schulze { .. }
            | Self::Copeland { .. }
            | Self::Optimistic { .. } => 1,
        }
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self {
            Self::YesNo { .. } => Method::YesNo,
            Self::Plurality { .. } => Method::Plurality,
            Self::Approval { .. } => Method::Approval,
            Self::Score { .. } => Method::Score,
            Self::MajorityJudgment { .. } => Method::MajorityJudgment,
            Self::Quadratic { .. } => Method::Quadratic,
            Self::Dots { .. } => Method::Dots,
            Self::Budget { .. } => Method::Budget,
            Self::Irv { .. } => Method::Irv,
            Self::ScottishStv { .. } => Method::ScottishStv,
            Self::Meek { .. } => Method::Meek,
            Self::Schulze { .. } => Method::Schulze,
            Self::Copeland { .. } => Method::Copeland,
            Self::Consent { .. } => Method::Consent,
            Self::Optimistic { .. } => Method::Optimistic,
        }
    }

    /// How many yes votes carry a motion; `None` for every other method.
    #[must_use]
    pub const fn majority(&self) -> Option<Majority> {
        if let Self::YesNo { majority } = self {
            Some(*majority)
        } else {
            None
        }
    }

    /// Whether a proposal lists options of its own; the others are answered with yes and no.
    #[must_use]
    pub const fn has_options(&self) -> bool {
        !matches!(
            self,
            Self::YesNo { .. } | Self::Consent { .. } | Self::Optimistic { .. }
        )
    }

    /// What every winner must beat; `None` where nothing is, and for every method that knows no such option.
    #[must_use]
    pub const fn default_option(&self) -> Option<DefaultOption> {
        if let Self::Schulze { default_option, .. } | Self::Copeland { default_option, .. } = self {
            *default_option
        } else {
            None
        }
    }

    /// Whether it counts in stages, so that an earlier stage can settle a tie.
    #[must_use]
    pub const fn has_stages(&self) -> bool {
        matches!(self, Self::Irv { .. } | Self::ScottishStv { .. } | Self::Meek { .. })
    }

    /// Whether what is not yet cast can be foreseen: a motion's result is settled once no answer of the others changes it.
    #[must_use]
    pub const fn may_end_early(&self) -> bool {
        matches!(self, Self::YesNo { .. } | Self::Optimistic { .. })
    }

    /// Places that each proposal sets; `None` where the method knows how many it fills.
    #[must_use]
    pub const fn seats(&self) -> Option<u16> {
        match self {
            Self::YesNo { .. }
            | Self::Budget { .. }
            | Self::Irv { .. }
            | Self::Consent { .. }
            | Self::Optimistic { .. } => None,
            Self::Plurality { seats, .. }
            | Self::Approval { seats, .. }
            | Self::Score { seats, .. }
            | Self::MajorityJudgment { seats, .. }
            | Self::Quadratic { seats, .. }
            | Self::Dots { seats, .. }
            | Self::ScottishStv { seats, .. }
            | Self::Meek { seats, .. }
            | Self::Schulze { seats, .. }
            | Self::Copeland { seats, .. } => Some(*seats),
        }
    }

    /// What breaks a tie; `None` where none can arise.
    #[must_use]
    pub const fn tie(&self) -> Option<ElectionTie> {
        match self {
            Self::YesNo { .. } | Self::Consent { .. } | Self::Optimistic { .. } => None,
            Self::Plurality { tie, .. }
            | Self::Approval { tie, .. }
            | Self::Score { tie, .. }
            | Self::MajorityJudgment { tie, .. }
            | Self::Quadratic { tie, .. }
            | Self::Dots { tie, .. }
            | Self::Budget { tie, .. }
            | Self::Irv { tie }
            | Self::ScottishStv { tie, .. }
            | Self::Meek { tie, .. }
            | Self::Schulze { tie, .. }
            | Self::Copeland { tie, .. } => Some(*tie),
        }
    }

    /// The same for this many places; a method that knows how many it fills stays as it is.
    #[must_use]
    pub fn with_seats(&self, places: u16) -> Self {
        let mut changed = self.clone();
        match &mut changed {
            Self::YesNo { .. }
            | Self::Budget { .. }
            | Self::Irv { .. }
            | Self::Consent { .. }
            | Self::Optimistic { .. } => {}
            Self::Plurality { seats, .. }
            | Self::Approval { seats, .. }
            | Self::Score { seats, .. }
            | Self::MajorityJudgment { seats, .. }
            | Self::Quadratic { seats, .. }
            | Self::Dots { seats, .. }
            | Self::ScottishStv { seats, .. }
            | Self::Meek { seats, .. }
            | Self::Schulze { seats, .. }
            | Self::Copeland { seats, .. } => *seats = places,
        }
        changed
    }

    /// The same for this budget and these costs; every other method stays as it is.
    #[must_use]
    pub fn with_budget(&self, money: u64, prices: Vec<u64>) -> Self {
        let mut changed = self.clone();
        if let Self::Budget { budget, costs, .. } = &mut changed {
            *budget = money;
            *costs = prices;
        }
        changed
    }
}
