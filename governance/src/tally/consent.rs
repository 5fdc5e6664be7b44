//! Consent, as sociocracy decides: nobody need be in favour, but no objection may stand.
//!
//! A ballot consents, stands aside or objects. Standing aside is taking part. An objection is raised by its ballot; whoever
//! facilitates accepts it as valid or dismisses it with reasons, and an appeal by enough members makes a dismissed one accepted. An
//! accepted objection is integrated into the proposal, withdrawn by who raised it, or left standing. When voting ends, what was
//! neither dismissed, integrated nor withdrawn stands. The proposal passes if somebody consents and no objection stands, or at most
//! as much weight as the rule allows ("consent minus k").
//!
//! Differs: studies ask for nothing but the absence of objections; here somebody must consent, or silence would decide.

use serde::{Deserialize, Serialize};

use super::decimal::Decimal;
use super::sheet::{Count, Stage, totals};
use crate::ballot::Method;

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
