//! What a valid ballot looks like under each method, and how it is coded in [`crate::record::BallotV1`].
//!
//! - A motion, by majority or optimistic, names one option, 0 yes, 1 no, 2 abstain or 3 blank, and gives it one point.
//! - Consent names one option, 0 consent, 1 stand aside or 2 objection, and gives it one point.
//! - Choices (plurality, approval, a budget by choices) name options from 0 and give each one point.
//! - Points (score, majority judgment, quadratic, dots, a budget by points) name options and give each its points: a score, a grade
//!   from 0 for the worst, votes, dots.
//! - A ranking names candidates in order of preference and gives them the ranks 1, 2, 3 and so on. Where equal ranks are allowed
//!   (Meek, Schulze, Copeland) each has the rank of the one before it or the next. Where the rule has a default option, "nothing
//!   changes" is ranked as the option after the last.
//!
//! No option stands twice. But for motions and consent, an empty ballot is a blank one.

mod ranks;

use serde::{Deserialize, Serialize};

pub use self::ranks::Ranks;
use crate::hash::Hash32;
use crate::rule::{BudgetBallots, Counting};
use crate::tally::consent::{Answer, Judged, ObjectionState};
use crate::tally::meek::EQUAL_RANKS_SEATS_MAX;
use crate::tally::{dots, quadratic};

/// The most options a proposal may have; more could not be read, let alone ranked.
pub const OPTIONS_MAX: usize = 200;

/// A counting method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A motion: yes, no, abstain or blank.
    YesNo,
    /// One option each; the options with the most votes.
    Plurality,
    /// Any options, or at most so many; the options that most approve of.
    Approval,
    /// A score for each option; the highest sums, or means.
    Score,
    /// A grade for each option; the highest medians.
    MajorityJudgment,
    /// Votes for options whose squares are paid from credits; the most votes.
    Quadratic,
    /// A number of dots spread over options; the most dots.
    Dots,
    /// Projects that are approved of, funded from one budget.
    Budget,
    /// One winner from rankings by excluding the last, round by round.
    Irv,
    /// An election by the single transferable vote as Scottish local elections count it.
    ScottishStv,
    /// An election by the single transferable vote in Meek's way.
    Meek,
    /// Rankings compared in pairs, by the strongest paths.
    Schulze,
    /// Rankings compared in pairs, by wins.
    Copeland,
    /// Consent, stand aside or object; it passes without standing objections.
    Consent,
    /// A motion that passes unless enough are against it.
    Optimistic,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 15] = [
        Self::YesNo,
        Self::Plurality,
        Self::Approval,
        Self::Score,
        Self::MajorityJudgment,
        Self::Quadratic,
        Self::Dots,
        Self::Budget,
        Self::Irv,
        Self::ScottishStv,
        Self::Meek,
        Self::Schulze,
        Self::Copeland,
        Self::Consent,
        Self::Optimistic,
    ];

    /// The name in records, JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::YesNo => "yes_no",
            Self::Plurality => "plurality",
            Self::Approval => "approval",
            Self::Score => "score",
            Self::MajorityJudgment => "majority_judgment",
            Self::Quadratic => "quadratic",
            Self::Dots => "dots",
            Self::Budget => "budget",
            Self::Irv => "irv",
            Self::ScottishStv => "scottish_stv",
            Self::Meek => "meek",
            Self::Schulze => "schulze",
            Self::Copeland => "copeland",
            Self::Consent => "consent",
            Self::Optimistic => "optimistic",
        }
    }

    /// The method with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// The answer to a motion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MotionChoice {
    /// In favour.
    Yes,
    /// Against.
    No,
    /// Present and on neither side.
    Abstain,
    /// None of these.
    Blank,
}

/// What a ballot looks like, with the limits of its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One of four answers.
    Motion,
    /// One of three answers.
    Consent,
    /// Options, at most so many; 0 is any number.
    Choices {
        /// How many at most.
        most: u16,
    },
    /// Points for options, each from 0 to a highest.
    Points {
        /// The most for one option.
        most: u32,
    },
    /// Votes for options; their squares add up to at most so much.
    Credits {
        /// The credits.
        credits: u32,
    },
    /// Dots for options; they add up to at most so many.
    Dots {
        /// The dots.
        dots: u32,
    },
    /// Candidates in order.
    Ranking,
    /// Candidates in order, some of them equal.
    Ranks {
        /// Whether "nothing changes" may be ranked too, as the option after the last.
        with_default: bool,
    },
}

impl Form {
    /// The form of ballots that are counted so.
    #[must_use]
    pub fn of(counting: &Counting) -> Self {
        match counting {
            Counting::YesNo { .. } | Counting::Optimistic { .. } => Self::Motion,
            Counting::Consent { .. } => Self::Consent,
            Counting::Plurality { .. } => Self::Choices { most: 1 },
            Counting::Approval { choices_max, .. }
            | Counting::Budget {
                ballots: BudgetBallots::Choices { choices_max },
                ..
            } => Self::Choices { most: *choices_max },
            Counting::Score { points_max, .. }
            | Counting::Budget {
                ballots: BudgetBallots::Points { points_max },
                ..
            } => Self::Points { most: *points_max },
            Counting::MajorityJudgment { grades, .. } => Self::Points {
                most: u32::from(*grades).saturating_sub(1),
            },
            Counting::Quadratic { credits, .. } => Self::Credits { credits: *credits },
            Counting::Dots { dots, .. } => Self::Dots { dots: *dots },
            Counting::Irv { .. } | Counting::ScottishStv { .. } => Self::Ranking,
            // One ballot must not make a count impossible.
            Counting::Meek { seats, .. } if *seats > EQUAL_RANKS_SEATS_MAX => Self::Ranking,
            Counting::Meek { .. } | Counting::Schulze { .. } | Counting::Copeland { .. } => Self::Ranks {
                with_default: counting.default_option().is_some(),
            },
        }
    }
}

/// A ballot that was checked against its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The answer to a motion.
    Motion(MotionChoice),
    /// The answer to a proposal by consent.
    Consent(Answer),
    /// Options with what each is given, one point each where options are only named; empty is blank.
    Points(Vec<(u16, u32)>),
    /// Candidates from 0, the most preferred first; empty is blank.
    Ranking(Vec<u16>),
    /// Groups of equally preferred candidates, the most preferred first; empty is blank.
    Ranks(Ranks),
}

impl Choice {
    /// What is counted of the ballot with this hash: an objection with what became of it, everything else as it is.
    #[must_use]
    pub fn judged(self, ballot: Hash32, judged: &Judged) -> Self {
        match self {
            Self::Consent(answer) => Self::Consent(judged.answer(ballot, answer)),
            Self::Motion(_) | Self::Points(_) | Self::Ranking(_) | Self::Ranks(_) => self,
        }
    }
}

/// Why a ballot is malformed. Every variant says which entry is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BallotRefusal {
    /// `options` and `points` differ in length.
    #[error("options and points must be equally long: there are {options} options and {points} points")]
    Lengths {
        /// How many options.
        options: usize,
        /// How many points.
        points: usize,
    },
    /// A motion wants exactly one option.
    #[error("a motion is answered with exactly one of 0 (yes), 1 (no), 2 (abstain), 3 (blank), and one point")]
    NotOneAnswer,
    /// Consent wants exactly one option.
    #[error(
        "a proposal by consent is answered with exactly one of 0 (consent), 1 (stand aside), 2 (objection), and one point"
    )]
    NotOneConsent,
    /// No such option.
    #[error("option {option} does not exist: there are {count}, counted from 0")]
    UnknownOption {
        /// The option named.
        option: u16,
        /// How many there are.
        count: usize,
    },
    /// An option stands twice.
    #[error("option {option} is named twice")]
    Repeated {
        /// The option named twice.
        option: u16,
    },
    /// More options than the rule allows.
    #[error("at most {most} options may be named, not {named}")]
    TooManyChoices {
        /// How many at most.
        most: u16,
        /// How many are named.
        named: usize,
    },
    /// A named option is worth one point.
    #[error("entry {position} must have one point: options are only named here")]
    NotOnePoint {
        /// The entry, counted from 1.
        position: usize,
    },
    /// More points than the rule allows for one option.
    #[error("entry {position} may have at most {most} points")]
    TooManyPoints {
        /// The entry, counted from 1.
        position: usize,
        /// The most.
        most: u32,
    },
    /// Votes that cost more than there are credits.
    #[error("these votes cost {cost} credits, the sum of their squares, and there are {credits}")]
    TooFewCredits {
        /// What they cost.
        cost: u128,
        /// The credits.
        credits: u32,
    },
    /// More dots than the rule allows.
    #[error("at most {dots} dots may be given, not {given}")]
    TooManyDots {
        /// How many are given.
        given: u128,
        /// The dots.
        dots: u32,
    },
    /// Ranks must be 1, 2, 3 and so on.
    #[error("entry {position} must have rank {position}: ranks go 1, 2, 3 without gaps or equals")]
    Rank {
        /// The entry, counted from 1.
        position: usize,
    },
    /// Ranks must rise by 0 or 1 from 1.
    #[error(
        "entry {position} must have the rank of the entry before it or the next one: ranks go 1, 2, 3 without gaps, equals side by side"
    )]
    EqualRank {
        /// The entry, counted from 1.
        position: usize,
    },
}

/// Checks the fields of a ballot and reads the choice from them.
///
/// # Errors
/// [`BallotRefusal`] with the first reason found.
pub fn read_choice(form: Form, option_count: usize, options: &[u16], points: &[u32]) -> Result<Choice, BallotRefusal> {
    if options.len() != points.len() {
        return Err(BallotRefusal::Lengths {
            options: options.len(),
            points: points.len(),
        });
    }
    match form {
        Form::Motion | Form::Consent => {}
        Form::Ranks { with_default } => check_options(option_count.saturating_add(usize::from(with_default)), options)?,
        Form::Choices { .. } | Form::Points { .. } | Form::Credits { .. } | Form::Dots { .. } | Form::Ranking => {
            check_options(option_count, options)?;
        }
    }
    match form {
        Form::Motion => return read_motion(options, points),
        Form::Consent => return read_consent(options, points),
        Form::Ranking => return read_ranking(options, points),
        Form::Ranks { .. } => return read_ranks(options, points),
        Form::Choices { most } => check_choices(most, points)?,
        Form::Points { most } => check_points(most, points)?,
        Form::Credits { credits } => check_credits(credits, points)?,
        Form::Dots { dots } => check_dots(dots, points)?,
    }
    let given = options.iter().copied().zip(points.iter().copied());
    Ok(Choice::Points(given.collect()))
}

fn read_motion(options: &[u16], points: &[u32]) -> Result<Choice, BallotRefusal> {
    let choice = match (options, points) {
        ([0], [1]) => MotionChoice::Yes,
        ([1], [1]) => MotionChoice::No,
        ([2], [1]) => MotionChoice::Abstain,
        ([3], [1]) => MotionChoice::Blank,
        (_, _) => return Err(BallotRefusal::NotOneAnswer),
    };
    Ok(Choice::Motion(choice))
}

fn read_consent(options: &[u16], points: &[u32]) -> Result<Choice, BallotRefusal> {
    let answer = match (options, points) {
        ([0], [1]) => Answer::Consent,
        ([1], [1]) => Answer::StandAside,
        ([2], [1]) => Answer::Objection(ObjectionState::Raised),
        (_, _) => return Err(BallotRefusal::NotOneConsent),
    };
    Ok(Choice::Consent(answer))
}

/// Every option exists and stands once.
fn check_options(option_count: usize, options: &[u16]) -> Result<(), BallotRefusal> {
    let mut seen = vec![false; option_count];
    for option in options {
        match seen.get_mut(usize::from(*option)) {
            None => {
                return Err(BallotRefusal::UnknownOption {
                    option: *option,
                    count: option_count,
                });
            }
            Some(true) => return Err(BallotRefusal::Repeated { option: *option }),
            Some(unseen) => *unseen = true,
        }
    }
    Ok(())
}

fn check_choices(most: u16, points: &[u32]) -> Result<(), BallotRefusal> {
    if most > 0 && points.len() > usize::from(most) {
        return Err(BallotRefusal::TooManyChoices {
            most,
            named: points.len(),
        });
    }
    match (1..).zip(points).find(|(_, points)| **points != 1) {
        Some((position, _)) => Err(BallotRefusal::NotOnePoint { position }),
        None => Ok(()),
    }
}

fn check_points(most: u32, points: &[u32]) -> Result<(), BallotRefusal> {
    match (1..).zip(points).find(|(_, points)| **points > most) {
        Some((position, _)) => Err(BallotRefusal::TooManyPoints { position, most }),
        None => Ok(()),
    }
}

fn check_credits(credits: u32, votes: &[u32]) -> Result<(), BallotRefusal> {
    let cost = quadratic::cost(votes);
    if cost > u128::from(credits) {
        return Err(BallotRefusal::TooFewCredits { cost, credits });
    }
    Ok(())
}

fn check_dots(dots: u32, points: &[u32]) -> Result<(), BallotRefusal> {
    let given = dots::used(points);
    if given > u128::from(dots) {
        return Err(BallotRefusal::TooManyDots { given, dots });
    }
    Ok(())
}

fn read_ranking(options: &[u16], ranks: &[u32]) -> Result<Choice, BallotRefusal> {
    match (1_usize..)
        .zip(ranks)
        .find(|(position, rank)| usize::try_from(**rank) != Ok(*position))
    {
        Some((position, _)) => Err(BallotRefusal::Rank { position }),
        None => Ok(Choice::Ranking(options.to_vec())),
    }
}

fn read_ranks(options: &[u16], ranks: &[u32]) -> Result<Choice, BallotRefusal> {
    Ranks::read(options, ranks)
        .map(Choice::Ranks)
        .map_err(|position| BallotRefusal::EqualRank { position })
}

#[cfg(test)]
mod tests;
