//! The life of a proposal: its states, and which step is possible from where, when and by whom.
//!
//! The functions here decide and never write; the server writes what they return in the same transaction, and the database
//! refuses every other step once more.

use serde::{Deserialize, Serialize};

use crate::id::MemberId;
use crate::rule::Outcome;
use crate::time::Timestamp;

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being written by its author.
    Draft,
    /// Before the members, who may sponsor it: it needs some before it is discussed.
    Admission,
    /// Before the members, still open to change.
    Discussion,
    /// Voting is open: texts, rule and roll are frozen.
    Open,
    /// Voting is over, the count is not yet published.
    Closed,
    /// Carried, or the places are filled, and nothing further follows by itself.
    Passed,
    /// Carried, and members on the roll may object for a while.
    Objection,
    /// Carried, and its actions wait until they are executed.
    Queued,
    /// Its actions are done.
    Executed,
    /// Its actions could not be done, and none of them was; a steward may try again.
    ExecutionFailed,
    /// Its actions were not done in time, and never will be.
    Expired,
    /// Not carried, or stopped by objections.
    Rejected,
    /// Too few took part.
    NoQuorum,
    /// An election whose tie nothing may break.
    Tied,
    /// Its text went into another proposal, which is decided in its place.
    Merged,
    /// Taken back by its author.
    Withdrawn,
    /// Stopped by a steward, with a reason.
    Cancelled,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 17] = [
        Self::Draft,
        Self::Admission,
        Self::Discussion,
        Self::Open,
        Self::Closed,
        Self::Passed,
        Self::Objection,
        Self::Queued,
        Self::Executed,
        Self::ExecutionFailed,
        Self::Expired,
        Self::Rejected,
        Self::NoQuorum,
        Self::Tied,
        Self::Merged,
        Self::Withdrawn,
        Self::Cancelled,
    ];

    /// The name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Admission => "admission",
            Self::Discussion => "discussion",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Passed => "passed",
            Self::Objection => "objection",
            Self::Queued => "queued",
            Self::Executed => "executed",
            Self::ExecutionFailed => "execution_failed",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
            Self::NoQuorum => "no_quorum",
            Self::Tied => "tied",
            Self::Merged => "merged",
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
    /// How many members must sponsor it before it is discussed.
    pub sponsors: u64,
    /// How long members may object to what was carried.
    pub objection: u64,
    /// How many objections stop it.
    pub objectors: u64,
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
    /// Members who sponsor it.
    pub sponsors: u64,
    /// Members on the roll who object to what was carried.
    pub objections: u64,
    /// Until when they may; `None` where they never may.
    pub objection_until: Option<Timestamp>,
    /// Whether anything is to be executed.
    pub has_actions: bool,
    /// From when it may be executed; `None` before that is known.
    pub execute_after: Option<Timestamp>,
    /// Until when it may be executed.
    pub expires_at: Option<Timestamp>,
    /// Whether a contest of its result waits for an answer.
    pub is_contested: bool,
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
    /// Set a moment at which voting opens by itself.
    Schedule {
        /// When voting opens.
        opens_at: Timestamp,
        /// When voting ends.
        closes_at: Timestamp,
    },
    /// Let voting not open by itself any more.
    Unschedule,
    /// End voting.
    Close,
    /// Sponsor it.
    Sponsor,
    /// Publish the result of the count.
    Publish {
        /// The result.
        outcome: Outcome,
    },
    /// Object to what was carried.
    Object,
    /// Let the time for objections end.
    EndObjection,
    /// Execute what was carried, all of it.
    Execute,
    /// Note that it could not be executed, and that nothing of it was done.
    Fail,
    /// Give up what was not executed in time.
    Expire,
    /// Set aside what was carried, since a contest was upheld.
    SetAside,
    /// Take over the texts of an alternative.
    Adopt,
    /// Let its text stand in another proposal, which adopted it.
    Merge,
    /// Put it to one vote with others.
    Join,
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
    /// Voting would open in the past, or so far ahead that nobody would remember it.
    #[error("voting opens by itself at a moment to come, at most {} days ahead; choose another", SCHEDULE_SECONDS_MAX / 86_400)]
    OpeningTime,
    /// Its time is over before it begins.
    #[error("the time for voting ended at {} (seconds since 1970) before it could open", .0.0)]
    TimePassed(Timestamp),
    /// Nobody could vote.
    #[error("no member of this co-op may vote yet; admit members first")]
    EmptyRoll,
    /// Others on the same question would be voted on apart.
    #[error("{0} other proposals on the same question are discussed, and the bylaws put them to one vote with it")]
    Others(u64),
    /// Nobody sponsors oneself.
    #[error("the author cannot sponsor the own proposal; ask other members")]
    OwnProposal,
    /// It is too late to object.
    #[error("members could object until {} (seconds since 1970)", .0.0)]
    ObjectedTooLate(Timestamp),
    /// Members may still object.
    #[error("members may object until {} (seconds since 1970)", .0.0)]
    ObjectionsUntil(Timestamp),
    /// It is too early to execute it.
    #[error("it may be executed from {} (seconds since 1970) on", .0.0)]
    ExecuteAfter(Timestamp),
    /// It is too late to execute it.
    #[error("it could be executed until {} (seconds since 1970); decide again", .0.0)]
    TooLate(Timestamp),
    /// A member whom it would expel was not told so.
    #[error(
        "member {0} was not told that this would expel them, on these grounds; put the proposal before the members again"
    )]
    NoNotice(MemberId),
    /// A member whom it would expel may still reply.
    #[error("whom it would expel has until {} (seconds since 1970) to reply; open voting after that, or after the reply", .0.0)]
    ReplyUntil(Timestamp),
    /// A contest waits for an answer.
    #[error("its result is contested, and a steward has not answered yet")]
    Contested,
    /// It may still be executed.
    #[error("it may be executed until {} (seconds since 1970)", .0.0)]
    NotExpired(Timestamp),
    /// Voting goes on.
    #[error("voting goes on until {} (seconds since 1970)", .0.0)]
    OpenUntil(Timestamp),
}

/// How far ahead the opening of voting may be set, in seconds: a year, so that no clock and no date overflows.
pub const SCHEDULE_SECONDS_MAX: u64 = 366 * 86_400;

/// Decides whether a step is possible, and gives the state after it.
///
/// # Errors
/// [`StepRefusal`] with the rule that forbids it.
pub fn decide(facts: &Facts, step: Step, asker: Asker) -> Result<State, StepRefusal> {
    match step {
        Step::Discuss => {
            require_state(facts, &[State::Draft])?;
            require_author_or_steward(asker)?;
            Ok(if facts.periods.sponsors > 0 {
                State::Admission
            } else {
                State::Discussion
            })
        }
        Step::Sponsor => {
            require_state(facts, &[State::Admission])?;
            decide_sponsor(facts, asker)
        }
        Step::Open { closes_at } => {
            require_state(facts, &[State::Discussion])?;
            require_steward(asker)?;
            decide_open(facts, closes_at)
        }
        Step::Schedule { .. } | Step::Unschedule => {
            require_state(facts, &[State::Discussion])?;
            require_steward(asker)?;
            decide_schedule(facts, step)
        }
        Step::Close => {
            require_state(facts, &[State::Open])?;
            decide_close(facts)
        }
        Step::Publish { outcome } => {
            require_state(facts, &[State::Closed])?;
            Ok(match outcome {
                Outcome::Passed if facts.periods.objection > 0 => State::Objection,
                Outcome::Passed => carried(facts),
                Outcome::Rejected | Outcome::NoQuorum | Outcome::Tied => State::from(outcome),
            })
        }
        Step::Object | Step::EndObjection => {
            require_state(facts, &[State::Objection])?;
            decide_objection(facts, step)
        }
        Step::Execute | Step::Fail | Step::Expire => decide_execution(facts, step, asker),
        Step::SetAside => {
            require_state(facts, &[State::Objection, State::Queued, State::ExecutionFailed])?;
            require_steward(asker)?;
            Ok(State::Rejected)
        }
        Step::Adopt | Step::Merge | Step::Join => decide_merger(facts, step, asker),
        Step::Withdraw => {
            require_state(facts, &[State::Draft, State::Admission, State::Discussion])?;
            require_author(asker)?;
            Ok(State::Withdrawn)
        }
        Step::Cancel => {
            let undecided = [State::Draft, State::Admission, State::Discussion, State::Open];
            require_state(facts, &undecided)?;
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

const fn require_author(asker: Asker) -> Result<(), StepRefusal> {
    if asker.is_author {
        Ok(())
    } else {
        Err(StepRefusal::AuthorOnly)
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

/// Everything that can be known beforehand must allow the opening at that moment; who may vote is known then alone.
fn decide_schedule(facts: &Facts, step: Step) -> Result<State, StepRefusal> {
    let Step::Schedule { opens_at, closes_at } = step else {
        return Ok(State::Discussion);
    };
    if opens_at <= facts.now || opens_at.seconds_since(facts.now) > SCHEDULE_SECONDS_MAX {
        return Err(StepRefusal::OpeningTime);
    }
    let then = Facts {
        now: opens_at,
        roll_count: 1,
        ..*facts
    };
    decide_open(&then, closes_at)?;
    Ok(State::Discussion)
}

/// When voting ends that opens by itself now and was to end at `closes_at`: then, or later where it opens late and would last less
/// than the bylaws' shortest time.
///
/// # Errors
/// [`StepRefusal::TimePassed`] where voting was to be over by now.
pub fn closes_when_opened_late(facts: &Facts, closes_at: Timestamp) -> Result<Timestamp, StepRefusal> {
    if closes_at <= facts.now {
        return Err(StepRefusal::TimePassed(closes_at));
    }
    Ok(closes_at.max(facts.now.plus_seconds(facts.periods.voting_min)))
}

/// Where a proposal goes whose text is taken over, or that takes one over. Who adopted an alternative asked for its end.
fn decide_merger(facts: &Facts, step: Step, asker: Asker) -> Result<State, StepRefusal> {
    if step == Step::Merge {
        require_state(facts, &[State::Admission, State::Discussion])?;
        return Ok(State::Merged);
    }
    require_state(facts, &[State::Discussion])?;
    if step == Step::Adopt {
        require_author(asker)?;
        Ok(State::Discussion)
    } else {
        require_steward(asker)?;
        Ok(State::Merged)
    }
}

fn decide_sponsor(facts: &Facts, asker: Asker) -> Result<State, StepRefusal> {
    if asker.is_author {
        return Err(StepRefusal::OwnProposal);
    }
    Ok(if facts.sponsors.saturating_add(1) >= facts.periods.sponsors {
        State::Discussion
    } else {
        State::Admission
    })
}

/// Where a proposal goes that was carried and to which nobody may object any more.
const fn carried(facts: &Facts) -> State {
    if facts.has_actions {
        State::Queued
    } else {
        State::Passed
    }
}

/// Where an objection, or the end of the time for them, leads.
fn decide_objection(facts: &Facts, step: Step) -> Result<State, StepRefusal> {
    let until = facts.objection_until.unwrap_or(facts.now);
    let is_over = facts.now >= until;
    match (step == Step::Object, is_over) {
        (true, true) => Err(StepRefusal::ObjectedTooLate(until)),
        (true, false) if facts.objections.saturating_add(1) >= facts.periods.objectors => Ok(State::Rejected),
        (true, false) => Ok(State::Objection),
        (false, true) => Ok(carried(facts)),
        (false, false) => Err(StepRefusal::ObjectionsUntil(until)),
    }
}

/// Execution, its failure and its end. The program itself executes what waits; after a failure a steward asks for it.
fn decide_execution(facts: &Facts, step: Step, asker: Asker) -> Result<State, StepRefusal> {
    require_state(facts, &[State::Queued, State::ExecutionFailed])?;
    if facts.is_contested {
        return Err(StepRefusal::Contested);
    }
    let expires_at = facts.expires_at.unwrap_or(facts.now);
    let is_expired = facts.now >= expires_at;
    match step {
        Step::Expire if is_expired => return Ok(State::Expired),
        Step::Expire => return Err(StepRefusal::NotExpired(expires_at)),
        Step::Discuss
        | Step::Open { .. }
        | Step::Schedule { .. }
        | Step::Unschedule
        | Step::Close
        | Step::Sponsor
        | Step::Publish { .. }
        | Step::Object
        | Step::EndObjection
        | Step::Execute
        | Step::Fail
        | Step::SetAside
        | Step::Adopt
        | Step::Merge
        | Step::Join
        | Step::Withdraw
        | Step::Cancel => {}
    }
    if facts.state == State::ExecutionFailed {
        require_steward(asker)?;
    }
    let execute_after = facts.execute_after.unwrap_or(facts.now);
    if facts.now < execute_after {
        return Err(StepRefusal::ExecuteAfter(execute_after));
    }
    if is_expired {
        return Err(StepRefusal::TooLate(expires_at));
    }
    Ok(if step == Step::Fail {
        State::ExecutionFailed
    } else {
        State::Executed
    })
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
mod tests;
