//! Which rules are refused, and why. Every sentence says what to do instead.

use super::condition::CONDITIONS_MAX;
use super::ratio::TERM_MAX;
use super::{
    Bound, BudgetBallots, Counting, DecisionRule, DefaultOption, Majority, Needed, QuorumCounts, Ratio, Threshold,
    Unscored,
};
use crate::ballot::{Method, OPTIONS_MAX};
use crate::tally::score::SCORE_MAX;

/// The longest time a rule may ask for, in seconds: ten years.
pub(crate) const SECONDS_MAX: u64 = 10 * 366 * 86_400;
/// The most points, dots or credits a ballot may have; the sums of all ballots stay exact far beyond.
const POINTS_MAX: u32 = 1_000_000;
/// The fewest and the most grades of a majority judgment.
const GRADES: std::ops::RangeInclusive<u8> = 2..=10;

/// Why a rule is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleRefusal {
    /// Only motions have answers to tell apart.
    #[error("only the quorum of a motion can look at answers; let the quorum of {} count all_ballots", .0.name())]
    QuorumOfMethod(Method),
    /// A quorum that anything meets.
    #[error("a quorum must ask for something; leave it out where nobody need take part")]
    EmptyQuorum,
    /// A number that not every reader of JSON holds exactly.
    #[error("{0} may be at most {TERM_MAX}")]
    NumberTooLarge(&'static str),
    /// "At least nothing".
    #[error("a majority of at least 0 would always pass; ask for a share above 0, or for more than 0")]
    MajorityOfNothing,
    /// "More than all".
    #[error("nothing is more than all; ask for at least 1/1")]
    MajorityAboveAll,
    /// Conditions of a method whose ballots give no answers.
    #[error("conditions look at the answers to a motion; a rule that counts by {} can have none", .0.name())]
    ConditionsOfMethod(Method),
    /// More than anybody reads.
    #[error("a rule may have at most {CONDITIONS_MAX} conditions")]
    TooManyConditions,
    /// A condition that always or never holds.
    #[error(
        "condition {0} says nothing: \"at least 0\" and \"no more than 1/1\" always hold; change the share or leave it out"
    )]
    EmptyCondition(usize),
    /// The same condition twice, or two for the same answer and base, of which one is idle.
    #[error("conditions {0} and {1} bound the same answer in the same way; keep the stricter one")]
    RepeatedCondition(usize, usize),
    /// A floor above its ceiling.
    #[error("conditions {0} and {1} exclude each other; lower the floor or raise the ceiling")]
    ExcludingConditions(usize, usize),
    /// The end is announced while ballots can still change.
    #[error("a vote can be decided early only where ballots are final; set ballots_final, or early to false")]
    EarlyWithChanges,
    /// The rest cannot be foreseen.
    #[error("only a motion can be decided early, not a count by {}; set early to false", .0.name())]
    EarlyMethod(Method),
    /// More time for a quorum that does not exist.
    #[error("late_quorum_seconds needs a quorum; add one, or set it to 0")]
    LateWithoutQuorum,
    /// A time beyond ten years.
    #[error("{0} may be at most {SECONDS_MAX}, ten years")]
    TooLong(&'static str),
    /// A number of the method that makes no ballot.
    #[error("{what} must be from {least} to {most}")]
    Parameter {
        /// Its name in the rule.
        what: &'static str,
        /// The least it may be.
        least: u64,
        /// The most it may be.
        most: u64,
    },
    /// An average over nobody.
    #[error("an average needs scorers: let the share of ballots that must give points be above 0")]
    NoScorers,
    /// A default option that nothing can beat.
    #[error("no option can be preferred by more than all; let the share of the default option be below 1/1")]
    DefaultOption,
    /// An optimistic motion that can never be stopped, or always is.
    #[error("an optimistic motion must be stopped by a share above 0")]
    Unstoppable,
    /// Some option without a price, or a price without an option.
    #[error("each option needs its cost: there are {options} options and {costs} costs")]
    Costs {
        /// Options.
        options: usize,
        /// Costs.
        costs: usize,
    },
    /// A price of nothing, or above the budget.
    #[error("the cost of option {0} must be from 1 to the budget; change it, or leave the option out")]
    Cost(usize),
    /// What each proposal sets.
    #[error("bylaws must leave {0}: each proposal says it")]
    NotInBylaws(&'static str),
    /// The places and the candidates do not fit.
    #[error(
        "an election needs at least one place and no more places than candidates: {seats} places, {candidates} candidates"
    )]
    Seats {
        /// Places to fill.
        seats: u16,
        /// Candidates.
        candidates: usize,
    },
    /// A motion with options of its own, or an election without.
    #[error("a motion has no options of its own; an election lists its candidates")]
    Options,
}

impl DecisionRule {
    /// Checks a rule by itself: whether it can be met, can fail, and says each thing once.
    ///
    /// # Errors
    /// [`RuleRefusal`] with the first reason found.
    pub fn check(&self) -> Result<(), RuleRefusal> {
        self.check_quorum()?;
        check_counting(&self.counting)?;
        self.check_conditions()?;
        if self.early && !self.counting.may_end_early() {
            return Err(RuleRefusal::EarlyMethod(self.method()));
        }
        if self.early && !self.ballots_final {
            return Err(RuleRefusal::EarlyWithChanges);
        }
        if self.carried_max > TERM_MAX {
            return Err(RuleRefusal::NumberTooLarge("carried_max"));
        }
        if self.late_quorum_seconds > 0 && self.quorum.is_none() {
            return Err(RuleRefusal::LateWithoutQuorum);
        }
        for (what, seconds) in [
            ("late_quorum_seconds", self.late_quorum_seconds),
            ("notice_seconds", self.notice_seconds),
        ] {
            if seconds > SECONDS_MAX {
                return Err(RuleRefusal::TooLong(what));
            }
        }
        Ok(())
    }

    /// Checks a rule as bylaws may hold it: what each proposal sets is open.
    ///
    /// # Errors
    /// [`RuleRefusal`] with the first reason found.
    pub fn check_bylaws(&self) -> Result<(), RuleRefusal> {
        self.check()?;
        if self.counting.seats().is_some_and(|seats| seats > 0) {
            return Err(RuleRefusal::NotInBylaws("seats at 0"));
        }
        if let Counting::Budget { budget, costs, .. } = &self.counting
            && (*budget > 0 || !costs.is_empty())
        {
            return Err(RuleRefusal::NotInBylaws("budget at 0 and costs empty"));
        }
        Ok(())
    }

    /// Checks a rule against a proposal's own options.
    ///
    /// # Errors
    /// [`RuleRefusal`] with the first reason found.
    pub fn check_options(&self, options: usize) -> Result<(), RuleRefusal> {
        self.check()?;
        if self.counting.has_options() != (options > 0) {
            return Err(RuleRefusal::Options);
        }
        if let Counting::Budget { budget, costs, .. } = &self.counting {
            check_costs(*budget, costs, options)?;
        }
        match self.counting.seats() {
            Some(seats) if seats < 1 || usize::from(seats) > options => Err(RuleRefusal::Seats {
                seats,
                candidates: options,
            }),
            Some(_) | None => Ok(()),
        }
    }

    fn check_quorum(&self) -> Result<(), RuleRefusal> {
        let Some(quorum) = self.quorum else {
            return Ok(());
        };
        check_needed(quorum.at_least)?;
        let is_motion = matches!(self.counting, Counting::YesNo { .. } | Counting::Optimistic { .. });
        if quorum.counts != QuorumCounts::AllBallots && !is_motion {
            return Err(RuleRefusal::QuorumOfMethod(self.method()));
        }
        Ok(())
    }

    fn check_conditions(&self) -> Result<(), RuleRefusal> {
        if !self.conditions.is_empty() && !matches!(self.counting, Counting::YesNo { .. }) {
            return Err(RuleRefusal::ConditionsOfMethod(self.method()));
        }
        if self.conditions.len() > CONDITIONS_MAX {
            return Err(RuleRefusal::TooManyConditions);
        }
        let numbered = || (1_usize..).zip(&self.conditions);
        for (number, condition) in numbered() {
            let share = condition.share;
            let is_idle = match condition.bound {
                Bound::AtLeast => share.share() == 0,
                Bound::NoMoreThan => share.share() == share.whole(),
            };
            if is_idle {
                return Err(RuleRefusal::EmptyCondition(number));
            }
            for (earlier, other) in numbered().take_while(|(earlier, _)| *earlier < number) {
                if (other.answer, other.of) != (condition.answer, condition.of) {
                    continue;
                }
                if other.bound == condition.bound {
                    return Err(RuleRefusal::RepeatedCondition(earlier, number));
                }
                let (floor, ceiling) = match condition.bound {
                    Bound::AtLeast => (share, other.share),
                    Bound::NoMoreThan => (other.share, share),
                };
                if !ceiling.is_at_least(floor) {
                    return Err(RuleRefusal::ExcludingConditions(earlier, number));
                }
            }
        }
        Ok(())
    }
}

fn check_needed(needed: Needed) -> Result<(), RuleRefusal> {
    match needed {
        Needed::Roll { share } if share.share() == 0 => Err(RuleRefusal::EmptyQuorum),
        Needed::Constant { votes: 0 } => Err(RuleRefusal::EmptyQuorum),
        Needed::Constant { votes } if votes > TERM_MAX => Err(RuleRefusal::NumberTooLarge("the votes of a quorum")),
        Needed::Roll { .. } | Needed::Constant { .. } | Needed::SquareRoot {} => Ok(()),
    }
}

fn check_majority(majority: Majority) -> Result<(), RuleRefusal> {
    let share = majority.share;
    match majority.threshold {
        Threshold::Reached if share.share() == 0 => Err(RuleRefusal::MajorityOfNothing),
        Threshold::Exceeded if share.share() == share.whole() => Err(RuleRefusal::MajorityAboveAll),
        Threshold::Reached | Threshold::Exceeded if majority.min_yes > TERM_MAX => {
            Err(RuleRefusal::NumberTooLarge("min_yes"))
        }
        Threshold::Reached | Threshold::Exceeded => Ok(()),
    }
}

fn check_counting(counting: &Counting) -> Result<(), RuleRefusal> {
    match counting {
        Counting::YesNo { majority } => check_majority(*majority),
        Counting::Approval { choices_max, .. } => choices(*choices_max),
        Counting::Score {
            points_max, unscored, ..
        } => {
            within("points_max", *points_max, 1, SCORE_MAX)?;
            match unscored {
                Unscored::NoOpinion { scorers } if scorers.share() == 0 => Err(RuleRefusal::NoScorers),
                Unscored::Zero {} | Unscored::NoOpinion { .. } => Ok(()),
            }
        }
        Counting::MajorityJudgment { grades, .. } => within("grades", *grades, *GRADES.start(), *GRADES.end()),
        Counting::Quadratic { credits, .. } => within("credits", *credits, 1, POINTS_MAX),
        Counting::Dots { dots, .. } => within("dots", *dots, 1, POINTS_MAX),
        Counting::Budget { ballots, budget, .. } => {
            if *budget > TERM_MAX {
                return Err(RuleRefusal::NumberTooLarge("the budget"));
            }
            match ballots {
                BudgetBallots::Choices { choices_max } => choices(*choices_max),
                BudgetBallots::Points { points_max } => within("points_max", *points_max, 1, POINTS_MAX),
            }
        }
        Counting::Schulze { default_option, .. } | Counting::Copeland { default_option, .. } => {
            default_option.map_or(Ok(()), check_default)
        }
        Counting::Consent { appeals, .. } => within("appeals", *appeals, 1, APPEALS_MAX),
        Counting::Optimistic { against } if against.share() == 0 => Err(RuleRefusal::Unstoppable),
        Counting::Plurality { .. }
        | Counting::Irv { .. }
        | Counting::ScottishStv { .. }
        | Counting::Meek { .. }
        | Counting::Optimistic { .. } => Ok(()),
    }
}

fn check_default(default: DefaultOption) -> Result<(), RuleRefusal> {
    if default.share.share() == default.share.whole() {
        return Err(RuleRefusal::DefaultOption);
    }
    default.at_least.map_or(Ok(()), check_needed)
}

fn check_costs(budget: u64, costs: &[u64], options: usize) -> Result<(), RuleRefusal> {
    if costs.len() != options {
        return Err(RuleRefusal::Costs {
            options,
            costs: costs.len(),
        });
    }
    let is_payable = |cost: u64| (1..=budget).contains(&cost);
    match (1_usize..).zip(costs).find(|(_, cost)| !is_payable(**cost)) {
        Some((option, _)) => Err(RuleRefusal::Cost(option)),
        None => Ok(()),
    }
}

/// 0 is any number.
fn choices(most: u16) -> Result<(), RuleRefusal> {
    within(
        "choices_max",
        u64::from(most),
        0,
        u64::try_from(OPTIONS_MAX).unwrap_or(u64::MAX),
    )
}

/// The most members who must appeal against a dismissal: with more, nobody ever would.
const APPEALS_MAX: u16 = 1_000;

fn within<T: Copy + PartialOrd + Into<u64>>(
    what: &'static str,
    number: T,
    least: T,
    most: T,
) -> Result<(), RuleRefusal> {
    if least <= number && number <= most {
        return Ok(());
    }
    Err(RuleRefusal::Parameter {
        what,
        least: least.into(),
        most: most.into(),
    })
}

impl Ratio {
    /// Whether this share is no less than another.
    pub(crate) fn is_at_least(self, other: Self) -> bool {
        let product = |left: u64, right: u64| u128::from(left).saturating_mul(u128::from(right));
        product(self.share(), other.whole()) >= product(other.share(), self.whole())
    }
}
