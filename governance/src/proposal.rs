//! The life of a proposal: its states, and which step is possible from where, when and by whom.
//!
//! The functions here decide and never write; the server writes what they return in the same transaction, and the database
//! refuses every other step once more.

use serde::{Deserialize, Serialize};

use crate::rule::Outcome;
use crate::time::Timestamp;

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being written by its author.
    Draft,
    /// Before the members, still open to change.
    Discussion,
    /// Voting is open: texts, rule and roll are frozen.
    Open,
    /// Voting is over, the count is not yet published.
    Closed,
    /// Carried, or the places are filled.
    Passed,
    /// Not carried.
    Rejected,
    /// Too few took part.
    NoQuorum,
    /// An election whose tie nothing may break.
    Tied,
    /// Taken back by its author.
    Withdrawn,
    /// Stopped by a steward, with a reason.
    Cancelled,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Draft,
        Self::Discussion,
        Self::Open,
        Self::Closed,
        Self::Passed,
        Self::Rejected,
        Self::NoQuorum,
        Self::Tied,
        Self::Withdrawn,
        Self::Cancelled,
    ];

    /// The name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Discussion => "discussion",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Passed => "passed",
            Self::Rejected => "rejected",
            Self::NoQuorum => "no_quorum",
            Self::Tied => "tied",
            Self::Withdrawn => "withdrawn",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether texts may still change.
    #[must_use]
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Discussion)
    }
}

impl From<Outcome> for State {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed => Self::Passed,
            Outcome::Rejected => Self::Rejected,
            Outcome::NoQuorum => Self::NoQuorum,
            Outcome::Tied => Self::Tied,
        }
    }
}

/// Who asks for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker {
    /// The member who wrote the proposal.
    pub is_author: bool,
    /// A steward of the co-op.
    pub is_steward: bool,
}

/// The periods of the bylaws that apply, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Periods {
    /// The shortest discussion.
    pub discussion: u64,
    /// The shortest voting time.
    pub voting_min: u64,
    /// The longest voting time.
    pub voting_max: u64,
    /// Whether voting may end early once everyone on the roll has voted.
    pub close_when_all_voted: bool,
}

/// What is known of a proposal when a step is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Where it stands.
    pub state: State,
    /// Now.
    pub now: Timestamp,
    /// When discussion began; `None` before.
    pub discussed_at: Option<Timestamp>,
    /// When voting ends; `None` before it opens.
    pub closes_at: Option<Timestamp>,
    /// Members who would be on the roll, or are.
    pub roll_count: u64,
    /// Members on the roll who have cast a ballot.
    pub voted: u64,
    /// Whether the rule lets voting end early and no further ballot can change the result ([`DecisionRule::early`]).
    ///
    /// [`DecisionRule::early`]: crate::rule::DecisionRule::early
    pub is_settled: bool,
    /// The bylaws' periods.
    pub periods: Periods,
}

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Put it before the members.
    Discuss,
    /// Open voting until a moment.
    Open {
        /// When voting ends.
        closes_at: Timestamp,
    },
    /// End voting.
    Close,
    /// Take it back.
    Withdraw,
    /// Stop it.
    Cancel,
}

/// Why a step is refused; each says what to do instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StepRefusal {
    /// Not from this state.
    #[error("a proposal that is {} cannot do that", .0.name())]
    WrongState(State),
    /// Only the author.
    #[error("only the author of the proposal can do that")]
    AuthorOnly,
    /// Only a steward.
    #[error("only a steward can do that; ask one of your co-op")]
    StewardOnly,
    /// The bylaws ask for a longer discussion.
    #[error("the bylaws give members until {} (seconds since 1970) to discuss; open voting after that", .0.0)]
    DiscussUntil(Timestamp),
    /// Voting would be shorter or longer than the bylaws allow.
    #[error("voting must last from {min} to {max} seconds from now; choose an end between them")]
    VotingTime {
        /// The shortest.
        min: u64,
        /// The longest.
        max: u64,
    },
    /// Nobody could vote.
    #[error("no member of this co-op may vote yet; admit members first")]
    EmptyRoll,
    /// Voting goes on.
    #[error("voting goes on until {} (seconds since 1970)", .0.0)]
    OpenUntil(Timestamp),
}

/// Decides whether a step is possible, and gives the state after it.
///
/// # Errors
/// [`StepRefusal`] with the rule that forbids it.
pub fn decide(facts: &Facts, step: Step, asker: Asker) -> Result<State, StepRefusal> {
    match step {
        Step::Discuss => {
            require_state(facts, &[State::Draft])?;
            require_author_or_steward(asker)?;
            Ok(State::Discussion)
        }
        Step::Open { closes_at } => {
            require_state(facts, &[State::Discussion])?;
            require_steward(asker)?;
            decide_open(facts, closes_at)
        }
        Step::Close => {
            require_state(facts, &[State::Open])?;
            decide_close(facts)
        }
        Step::Withdraw => {
            require_state(facts, &[State::Draft, State::Discussion])?;
            if asker.is_author {
                Ok(State::Withdrawn)
            } else {
                Err(StepRefusal::AuthorOnly)
            }
        }
        Step::Cancel => {
            require_state(facts, &[State::Draft, State::Discussion, State::Open])?;
            require_steward(asker)?;
            Ok(State::Cancelled)
        }
    }
}

fn require_state(facts: &Facts, allowed: &[State]) -> Result<(), StepRefusal> {
    if allowed.contains(&facts.state) {
        Ok(())
    } else {
        Err(StepRefusal::WrongState(facts.state))
    }
}

const fn require_steward(asker: Asker) -> Result<(), StepRefusal> {
    if asker.is_steward {
        Ok(())
    } else {
        Err(StepRefusal::StewardOnly)
    }
}

const fn require_author_or_steward(asker: Asker) -> Result<(), StepRefusal> {
    if asker.is_author || asker.is_steward {
        Ok(())
    } else {
        Err(StepRefusal::AuthorOnly)
    }
}

fn decide_open(facts: &Facts, closes_at: Timestamp) -> Result<State, StepRefusal> {
    let earliest = facts
        .discussed_at
        .unwrap_or(facts.now)
        .plus_seconds(facts.periods.discussion);
    if facts.now < earliest {
        return Err(StepRefusal::DiscussUntil(earliest));
    }
    let lasts = closes_at.seconds_since(facts.now);
    let (min, max) = (facts.periods.voting_min, facts.periods.voting_max);
    if closes_at <= facts.now || lasts < min || lasts > max {
        return Err(StepRefusal::VotingTime { min, max });
    }
    if facts.roll_count == 0 {
        return Err(StepRefusal::EmptyRoll);
    }
    Ok(State::Open)
}

fn decide_close(facts: &Facts) -> Result<State, StepRefusal> {
    let closes_at = facts.closes_at.unwrap_or(facts.now);
    let everyone_voted = facts.periods.close_when_all_voted && facts.voted >= facts.roll_count;
    if facts.now >= closes_at || everyone_voted || facts.is_settled {
        Ok(State::Closed)
    } else {
        Err(StepRefusal::OpenUntil(closes_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEWARD: Asker = Asker {
        is_author: false,
        is_steward: true,
    };
    const AUTHOR: Asker = Asker {
        is_author: true,
        is_steward: false,
    };
    const MEMBER: Asker = Asker {
        is_author: false,
        is_steward: false,
    };

    fn facts(state: State) -> Facts {
        Facts {
            state,
            now: Timestamp(1_000),
            discussed_at: Some(Timestamp(900)),
            closes_at: Some(Timestamp(2_000)),
            roll_count: 3,
            voted: 0,
            is_settled: false,
            periods: Periods {
                discussion: 100,
                voting_min: 10,
                voting_max: 1_000,
                close_when_all_voted: false,
            },
        }
    }

    #[test]
    fn every_step_from_every_state_is_decided() {
        let open = Step::Open {
            closes_at: Timestamp(1_500),
        };
        let steps = [
            (Step::Discuss, AUTHOR, vec![State::Draft], State::Discussion),
            (open, STEWARD, vec![State::Discussion], State::Open),
            (
                Step::Withdraw,
                AUTHOR,
                vec![State::Draft, State::Discussion],
                State::Withdrawn,
            ),
            (
                Step::Cancel,
                STEWARD,
                vec![State::Draft, State::Discussion, State::Open],
                State::Cancelled,
            ),
        ];
        for (step, asker, from, to) in steps {
            for state in State::ALL {
                let expected = if from.contains(&state) {
                    Ok(to)
                } else {
                    Err(StepRefusal::WrongState(state))
                };
                assert_eq!(decide(&facts(state), step, asker), expected, "{step:?} from {state:?}");
            }
        }
    }

    #[test]
    fn steps_are_refused_to_those_who_may_not_take_them() {
        let open = Step::Open {
            closes_at: Timestamp(1_500),
        };
        assert_eq!(
            decide(&facts(State::Draft), Step::Discuss, MEMBER),
            Err(StepRefusal::AuthorOnly)
        );
        assert_eq!(
            decide(&facts(State::Discussion), open, AUTHOR),
            Err(StepRefusal::StewardOnly)
        );
        assert_eq!(
            decide(&facts(State::Draft), Step::Withdraw, STEWARD),
            Err(StepRefusal::AuthorOnly)
        );
        assert_eq!(
            decide(&facts(State::Open), Step::Cancel, AUTHOR),
            Err(StepRefusal::StewardOnly)
        );
    }

    #[test]
    fn opening_keeps_the_periods_of_the_bylaws() {
        let try_open = |facts: &Facts, closes_at| {
            decide(
                facts,
                Step::Open {
                    closes_at: Timestamp(closes_at),
                },
                STEWARD,
            )
        };
        let ready = facts(State::Discussion);
        let hasty = Facts {
            now: Timestamp(999),
            ..ready
        };
        assert_eq!(
            try_open(&hasty, 1_500),
            Err(StepRefusal::DiscussUntil(Timestamp(1_000)))
        );
        for (closes_at, possible) in [
            (1_009, false),
            (1_010, true),
            (2_000, true),
            (2_001, false),
            (10, false),
        ] {
            assert_eq!(try_open(&ready, closes_at).is_ok(), possible, "{closes_at}");
        }
        assert_eq!(
            try_open(&Facts { roll_count: 0, ..ready }, 1_500),
            Err(StepRefusal::EmptyRoll)
        );
    }

    #[test]
    fn voting_ends_early_only_when_the_bylaws_say_so_and_everyone_voted_or_the_result_is_settled() {
        let close = |facts: &Facts| decide(facts, Step::Close, MEMBER);
        let open = facts(State::Open);
        let early = Periods {
            close_when_all_voted: true,
            ..open.periods
        };
        assert_eq!(close(&open), Err(StepRefusal::OpenUntil(Timestamp(2_000))));
        assert_eq!(
            close(&Facts { voted: 3, ..open }),
            Err(StepRefusal::OpenUntil(Timestamp(2_000)))
        );
        assert_eq!(
            close(&Facts {
                voted: 2,
                periods: early,
                ..open
            }),
            Err(StepRefusal::OpenUntil(Timestamp(2_000)))
        );
        assert_eq!(
            close(&Facts {
                voted: 3,
                periods: early,
                ..open
            }),
            Ok(State::Closed)
        );
        assert_eq!(
            close(&Facts {
                is_settled: true,
                ..open
            }),
            Ok(State::Closed)
        );
        assert_eq!(
            close(&Facts {
                now: Timestamp(2_000),
                ..open
            }),
            Ok(State::Closed)
        );
    }
}
