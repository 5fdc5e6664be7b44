//! What a valid ballot looks like under each method, and how it is coded in [`crate::record::BallotV1`].
//!
//! A motion names one option, 0 yes, 1 no, 2 abstain or 3 blank, and gives it one point. A ranked ballot names candidates from
//! 0 in order of preference and gives them the ranks 1, 2, 3 and so on; an empty one is a blank ballot.

use serde::{Deserialize, Serialize};

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

/// A ballot that was checked against its method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The answer to a motion.
    Motion(MotionChoice),
    /// Candidates from 0, the most preferred first; empty is blank.
    Ranking(Vec<u16>),
}

/// Why a ballot is malformed. Every variant says which entry is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BallotRefusal {
    /// A method that no rule asks for yet.
    #[error("no rule counts by this method yet")]
    NoForm,
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
    /// No such option.
    #[error("option {option} does not exist: there are {count}, counted from 0")]
    UnknownOption {
        /// The option named.
        option: u16,
        /// How many there are.
        count: usize,
    },
    /// An option stands twice.
    #[error("option {option} is ranked twice")]
    Repeated {
        /// The option named twice.
        option: u16,
    },
    /// Ranks must be 1, 2, 3 and so on.
    #[error("entry {position} must have rank {position}: ranks go 1, 2, 3 without gaps or equals")]
    Rank {
        /// The entry, counted from 1.
        position: usize,
    },
}

/// Checks the fields of a ballot and reads the choice from them.
///
/// # Errors
/// [`BallotRefusal`] with the first reason found.
pub fn read_choice(
    method: Method,
    option_count: usize,
    options: &[u16],
    points: &[u32],
) -> Result<Choice, BallotRefusal> {
    if options.len() != points.len() {
        return Err(BallotRefusal::Lengths {
            options: options.len(),
            points: points.len(),
        });
    }
    match method {
        Method::YesNo => read_motion(options, points),
        Method::Irv | Method::ScottishStv => read_ranking(option_count, options, points),
        Method::Plurality
        | Method::Approval
        | Method::Score
        | Method::MajorityJudgment
        | Method::Quadratic
        | Method::Dots
        | Method::Budget
        | Method::Meek
        | Method::Schulze
        | Method::Copeland
        | Method::Consent
        | Method::Optimistic => Err(BallotRefusal::NoForm),
    }
}

fn read_motion(options: &[u16], points: &[u32]) -> Result<Choice, BallotRefusal> {
    let ([option], [1]) = (options, points) else {
        return Err(BallotRefusal::NotOneAnswer);
    };
    let choice = match option {
        0 => MotionChoice::Yes,
        1 => MotionChoice::No,
        2 => MotionChoice::Abstain,
        3 => MotionChoice::Blank,
        _ => return Err(BallotRefusal::NotOneAnswer),
    };
    Ok(Choice::Motion(choice))
}

fn read_ranking(option_count: usize, options: &[u16], points: &[u32]) -> Result<Choice, BallotRefusal> {
    let mut seen = vec![false; option_count];
    for (index, (option, rank)) in options.iter().zip(points).enumerate() {
        let position = index.saturating_add(1);
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
        if usize::try_from(*rank) != Ok(position) {
            return Err(BallotRefusal::Rank { position });
        }
    }
    Ok(Choice::Ranking(options.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_ballots_are_refused_with_the_entry_that_is_wrong() {
        use BallotRefusal as R;
        let stv = Method::ScottishStv;
        type Case<'a> = (Method, &'a [u16], &'a [u32], Result<Choice, R>);
        let cases: [Case<'_>; 10] = [
            (Method::YesNo, &[0], &[1], Ok(Choice::Motion(MotionChoice::Yes))),
            (Method::YesNo, &[3], &[1], Ok(Choice::Motion(MotionChoice::Blank))),
            (Method::YesNo, &[4], &[1], Err(R::NotOneAnswer)),
            (Method::YesNo, &[0], &[2], Err(R::NotOneAnswer)),
            (Method::YesNo, &[0, 1], &[1, 1], Err(R::NotOneAnswer)),
            (stv, &[], &[], Ok(Choice::Ranking(Vec::new()))),
            (stv, &[2, 0], &[1, 2], Ok(Choice::Ranking(vec![2, 0]))),
            (stv, &[2, 2], &[1, 2], Err(R::Repeated { option: 2 })),
            (stv, &[3], &[1], Err(R::UnknownOption { option: 3, count: 3 })),
            (stv, &[0, 1], &[1, 1], Err(R::Rank { position: 2 })),
        ];
        for (method, options, points, expected) in cases {
            assert_eq!(
                read_choice(method, 3, options, points),
                expected,
                "{options:?} {points:?}"
            );
        }
        assert_eq!(
            read_choice(stv, 3, &[0], &[]),
            Err(R::Lengths { options: 1, points: 0 })
        );
    }
}
