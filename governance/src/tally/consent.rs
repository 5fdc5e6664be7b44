//! Consent, as sociocracy decides: nobody need be in favour, but no objection may stand.
//!
//! A ballot consents, stands aside or objects. Standing aside is taking part. An objection is raised by its ballot; whoever
//! facilitates accepts it as valid or dismisses it with reasons, and an appeal by enough members makes a dismissed one accepted. An
//! accepted objection is integrated into the proposal, withdrawn by who raised it, or left standing. When voting ends, what was
//! neither dismissed, integrated nor withdrawn stands. The proposal passes if somebody consents and no objection stands, or at most
//! as much weight as the rule allows ("consent minus k").
//!
//! Differs: studies ask for nothing but the absence of objections; here somebody must consent, or silence would decide.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::decimal::Decimal;
use super::sheet::{Count, Stage, totals};
use crate::ballot::Method;
use crate::hash::Hash32;

/// What became of an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectionState {
    /// Nobody has judged it yet.
    Raised,
    /// It is valid.
    Accepted,
    /// It is not, for stated reasons.
    Dismissed,
    /// The proposal was changed to meet it.
    Integrated,
    /// Who raised it took it back.
    Withdrawn,
    /// It is valid and nothing was done about it.
    Standing,
}

/// What is done about an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectionStep {
    /// It is found valid.
    Accept,
    /// It is found not valid; that needs a reason.
    Dismiss,
    /// Enough members appeal against its dismissal.
    Appeal,
    /// The proposal is changed to meet it.
    Integrate,
    /// Who raised it takes it back.
    Withdraw,
    /// Nothing more will be done about it.
    LeaveStanding,
}

/// Who takes a step about an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// Who raised it; a steward who did is no judge of it.
    Objector,
    /// A steward, who facilitates.
    Steward,
    /// Another member on the roll.
    Member,
}

/// Why a step about an objection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ObjectionRefusal {
    /// Not from this state.
    #[error("an objection that is {} cannot be {}", .0.name(), .1.done())]
    NotFrom(ObjectionState, ObjectionStep),
    /// Not by this party.
    #[error("{}", .0.by())]
    NotBy(ObjectionStep),
    /// The text is frozen while it is voted on.
    #[error(
        "the text cannot change while it is voted on; let a steward cancel the proposal and begin one that meets the objection"
    )]
    TextFrozen,
    /// Members must read why.
    #[error("members must read why; give a reason")]
    ReasonMissing,
    /// Each member appeals once.
    #[error("you appealed against this dismissal already; others have to, too, before the objection is valid again")]
    AppealedAlready,
}

impl ObjectionStep {
    /// Every step.
    pub const ALL: [Self; 6] = [
        Self::Accept,
        Self::Dismiss,
        Self::Appeal,
        Self::Integrate,
        Self::Withdraw,
        Self::LeaveStanding,
    ];

    /// The name in JSON, SQL and events.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Dismiss => "dismiss",
            Self::Appeal => "appeal",
            Self::Integrate => "integrate",
            Self::Withdraw => "withdraw",
            Self::LeaveStanding => "leave_standing",
        }
    }

    /// The step with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    const fn done(self) -> &'static str {
        match self {
            Self::Accept => "accepted",
            Self::Dismiss => "dismissed",
            Self::Appeal => "appealed for",
            Self::Integrate => "integrated",
            Self::Withdraw => "withdrawn",
            Self::LeaveStanding => "left standing",
        }
    }

    const fn by(self) -> &'static str {
        match self {
            Self::Accept | Self::Dismiss | Self::Integrate | Self::LeaveStanding => {
                "a steward who did not raise the objection judges it"
            }
            Self::Appeal => "another member than who raised it appeals against the dismissal of an objection",
            Self::Withdraw => "only who raised an objection withdraws it",
        }
    }

    /// The state of an objection after this step of a party while voting is open, with a reason or without; after an appeal, once there are
    /// enough of them.
    ///
    /// # Errors
    /// [`ObjectionRefusal`] with the first rule that forbids it.
    pub fn take(
        self,
        from: ObjectionState,
        party: Party,
        has_reason: bool,
    ) -> Result<ObjectionState, ObjectionRefusal> {
        let may = match (self, party) {
            (Self::Accept | Self::Dismiss | Self::Integrate | Self::LeaveStanding | Self::Appeal, Party::Steward)
            | (Self::Appeal, Party::Member)
            | (Self::Withdraw, Party::Objector) => true,
            (Self::Accept | Self::Dismiss | Self::Integrate | Self::LeaveStanding, Party::Objector | Party::Member)
            | (Self::Appeal, Party::Objector)
            | (Self::Withdraw, Party::Steward | Party::Member) => false,
        };
        if !may {
            return Err(ObjectionRefusal::NotBy(self));
        }
        let after = from.after(self).ok_or(ObjectionRefusal::NotFrom(from, self))?;
        match self {
            Self::Integrate => Err(ObjectionRefusal::TextFrozen),
            Self::Dismiss | Self::Appeal if !has_reason => Err(ObjectionRefusal::ReasonMissing),
            Self::Dismiss | Self::Appeal | Self::Accept | Self::Withdraw | Self::LeaveStanding => Ok(after),
        }
    }
}

/// What became of objections, each named by the hash of the ballot that raised it, as the steps about them come one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    states: BTreeMap<Hash32, ObjectionState>,
    /// Who appealed against the dismissal of which.
    appeals: BTreeSet<(Hash32, Hash32)>,
}

/// A step that somebody took about an objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The step.
    pub step: ObjectionStep,
    /// Who took it, as a word.
    pub by: Hash32,
}

impl Judged {
    /// Takes one step in, where so many appeals are needed; gives the state after it, or `None` where it is not possible, and then nothing
    /// changes. A dismissed objection stays so until there are enough appeals, each of another member.
    pub fn step(&mut self, ballot: Hash32, taken: Taken, appeals: u16) -> Option<ObjectionState> {
        let before = self.state(ballot);
        let mut after = before.after(taken.step)?;
        if taken.step == ObjectionStep::Appeal {
            if !self.appeals.insert((ballot, taken.by)) {
                return None;
            }
            let own = self.appeals.range((ballot, Hash32::ZERO)..);
            if own.take_while(|(of, _)| *of == ballot).count() < usize::from(appeals) {
                after = before;
            }
        }
        self.states.insert(ballot, after);
        Some(after)
    }

    /// Where the objection of a ballot stands.
    #[must_use]
    pub fn state(&self, ballot: Hash32) -> ObjectionState {
        self.states.get(&ballot).copied().unwrap_or(ObjectionState::Raised)
    }

    /// What a ballot says, with what became of its objection.
    #[must_use]
    pub fn answer(&self, ballot: Hash32, answer: Answer) -> Answer {
        match answer {
            Answer::Consent | Answer::StandAside => answer,
            Answer::Objection(_) => Answer::Objection(self.state(ballot)),
        }
    }
}

impl ObjectionState {
    /// Every state, in the order of the rows of a count.
    pub const ALL: [Self; 6] = [
        Self::Raised,
        Self::Accepted,
        Self::Dismissed,
        Self::Integrated,
        Self::Withdrawn,
        Self::Standing,
    ];

    /// The name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Accepted => "accepted",
            Self::Dismissed => "dismissed",
            Self::Integrated => "integrated",
            Self::Withdrawn => "withdrawn",
            Self::Standing => "standing",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether it blocks the proposal when voting ends.
    #[must_use]
    pub const fn blocks(self) -> bool {
        match self {
            Self::Raised | Self::Accepted | Self::Standing => true,
            Self::Dismissed | Self::Integrated | Self::Withdrawn => false,
        }
    }

    /// The state after a step; `None` where the step is not possible.
    #[must_use]
    pub const fn after(self, step: ObjectionStep) -> Option<Self> {
        use ObjectionStep as S;
        match (self, step) {
            (Self::Raised, S::Accept) | (Self::Dismissed, S::Appeal) => Some(Self::Accepted),
            (Self::Raised, S::Dismiss) => Some(Self::Dismissed),
            (Self::Accepted | Self::Standing, S::Integrate) => Some(Self::Integrated),
            (Self::Raised | Self::Accepted | Self::Standing | Self::Dismissed, S::Withdraw) => Some(Self::Withdrawn),
            (Self::Accepted, S::LeaveStanding) => Some(Self::Standing),
            (Self::Raised, S::Appeal | S::Integrate | S::LeaveStanding)
            | (Self::Accepted | Self::Standing, S::Accept | S::Dismiss | S::Appeal)
            | (Self::Standing, S::LeaveStanding)
            | (Self::Dismissed, S::Accept | S::Dismiss | S::Integrate | S::LeaveStanding)
            | (
                Self::Integrated | Self::Withdrawn,
                S::Accept | S::Dismiss | S::Appeal | S::Integrate | S::Withdraw | S::LeaveStanding,
            ) => None,
        }
    }
}

/// The answer of a ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Good enough for now, safe enough to try.
    Consent,
    /// Takes part without consenting, and does not block.
    StandAside,
    /// Objects; what became of the objection is not on the ballot, which says [`ObjectionState::Raised`].
    Objection(ObjectionState),
}

/// The weight of the answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConsentTally {
    /// Ballots that consent.
    pub consent: u128,
    /// Ballots that stand aside.
    pub stand_aside: u128,
    /// Objections by state, in the order of [`ObjectionState::ALL`].
    pub objections: [u128; 6],
}

impl ConsentTally {
    /// Adds one ballot.
    pub const fn add(&mut self, answer: Answer, weight: u128) {
        let [raised, accepted, dismissed, integrated, withdrawn, standing] = &mut self.objections;
        let place = match answer {
            Answer::Consent => &mut self.consent,
            Answer::StandAside => &mut self.stand_aside,
            Answer::Objection(ObjectionState::Raised) => raised,
            Answer::Objection(ObjectionState::Accepted) => accepted,
            Answer::Objection(ObjectionState::Dismissed) => dismissed,
            Answer::Objection(ObjectionState::Integrated) => integrated,
            Answer::Objection(ObjectionState::Withdrawn) => withdrawn,
            Answer::Objection(ObjectionState::Standing) => standing,
        };
        *place = place.saturating_add(weight);
    }

    /// The weight of all ballots.
    #[must_use]
    pub fn all(&self) -> u128 {
        self.rows().into_iter().fold(0, u128::saturating_add)
    }

    /// The weight of the objections that stand when voting ends.
    #[must_use]
    pub fn standing(&self) -> u128 {
        let weights = ObjectionState::ALL.into_iter().zip(self.objections);
        weights
            .filter(|(state, _)| state.blocks())
            .fold(0, |sum, (_, weight)| sum.saturating_add(weight))
    }

    /// Whether it passes where at most `standing_max` of weight may stand against it; the quorum is judged apart.
    #[must_use]
    pub fn passes(&self, standing_max: u128) -> bool {
        self.consent > 0 && self.standing() <= standing_max
    }

    /// Consent, stand aside, then the objections by state.
    fn rows(&self) -> Vec<u128> {
        let mut rows = vec![self.consent, self.stand_aside];
        rows.extend(self.objections);
        rows
    }

    /// The count: one stage whose eight totals are consent, stand aside, and objections raised, accepted, dismissed, integrated,
    /// withdrawn and standing.
    #[must_use]
    pub fn sheet(&self) -> Count {
        Count {
            method: Method::Consent,
            seats: 0,
            quota: None,
            valid: self.all(),
            blank: 0,
            withdrawn: Vec::new(),
            elected: Vec::new(),
            stages: vec![Stage {
                totals: totals(&self.rows(), 0),
                nontransferable: Decimal::whole(0),
                ..Stage::default()
            }],
            ties: Vec::new(),
            pairwise: None,
            ranking: None,
            grades: None,
            share: None,
            undecided: None,
        }
    }
}

#[cfg(test)]
#[path = "consent_tests.rs"]
mod tests;
