//! The rules of a configuration, as far as they are counted here.

use std::collections::BTreeMap;

use crate::tally::irv::{End, Exclusion, LookBack, Procedure};

/// Who stands, and how the votes are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RctabRules {
    /// The name of the contest.
    pub title: String,
    /// Candidates' names; the last is for write-ins that nobody declared, if the cast votes have a label for them.
    pub candidates: Vec<String>,
    /// Other names by which candidates stand in the cast votes.
    pub aliases: BTreeMap<String, u16>,
    /// Candidates who are excluded from the beginning, from 0, ascending.
    pub withdrawn: Vec<u16>,
    /// What the cells say that are no names.
    pub labels: Labels,
    /// Ranks beyond this one are not read; `None` reads all.
    pub ranks_max: Option<u64>,
    /// A paper ends where more ranks than this are skipped in a row; `None` never ends it.
    pub skipped_max: Option<u64>,
    /// What two marks in one rank do.
    pub overvote: Overvote,
    /// Whether a candidate ranked again ends the paper; otherwise the first mark counts.
    pub repeat_exhausts: bool,
    /// Whether several of the lowest are excluded together.
    pub batch: bool,
    /// Whether counting goes on, after somebody has a majority, until two are left.
    pub until_two_left: bool,
    /// What settles ties.
    pub tie: TieMode,
}

/// What the cells of cast votes say that are no names; an empty text is no label.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels {
    /// Several marks in one rank.
    pub overvote: String,
    /// No mark; an empty cell says the same.
    pub skipped: String,
    /// A write-in whom nobody declared.
    pub write_in: String,
}

/// What two marks in one rank do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overvote {
    /// The paper ends there.
    Exhausts,
    /// The rank is passed over.
    Skipped,
}

/// What settles a tie for the fewest votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TieMode {
    /// A lot alone.
    Lot,
    /// The most recent round at which they differed, then a lot.
    LookBackThenLot,
    /// Who stands last in the list of candidates is excluded first.
    List,
}

/// Why a configuration is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleRefusal {
    /// It is no JSON.
    #[error("the configuration is no JSON: {0}")]
    NotJson(String),
    /// It is too large.
    #[error("the configuration has more than {0} bytes")]
    TooLarge(usize),
    /// Something is missing, or of another kind than it must be.
    #[error("{key}: {wanted} is expected")]
    Malformed {
        /// Where.
        key: String,
        /// What belongs there.
        wanted: &'static str,
    },
    /// A rule with a value that no method here follows.
    #[error("{key}: {value} is not counted here; {instead}")]
    NotCounted {
        /// The rule.
        key: String,
        /// What it says.
        value: String,
        /// What can be done, or why not.
        instead: &'static str,
    },
    /// A rule that is not known, so that nobody can say what ignoring it would do.
    #[error("rules.{0} is not known here, and a rule is not ignored")]
    Unknown(String),
    /// No candidates, too many, an unusable name, or one name for two.
    #[error("candidates: {0}")]
    Candidates(String),
}

impl RctabRules {
    /// How an instant runoff goes by these rules.
    #[must_use]
    pub fn procedure(&self) -> Procedure {
        let write_ins = (!self.labels.write_in.is_empty()).then(|| self.candidates.len().saturating_sub(1));
        Procedure {
            first_out: write_ins
                .and_then(|last| u16::try_from(last).ok())
                .into_iter()
                .collect(),
            exclusion: if self.batch { Exclusion::Batch } else { Exclusion::One },
            end: if self.until_two_left {
                End::TwoLeft
            } else {
                End::Majority
            },
            look_back: match self.tie {
                TieMode::LookBackThenLot => LookBack::MostRecent,
                TieMode::Lot | TieMode::List => LookBack::None,
            },
        }
    }

    /// The order in which ties are drawn, from 0, where the rules give one.
    #[must_use]
    pub fn tie_order(&self) -> Option<Vec<u16>> {
        let count = u16::try_from(self.candidates.len()).unwrap_or(u16::MAX);
        (self.tie == TieMode::List).then(|| (0..count).rev().collect())
    }

    /// Candidates by every text that names them.
    pub(super) fn names(&self) -> BTreeMap<&str, u16> {
        let mut names: BTreeMap<&str, u16> = self.aliases.iter().map(|(alias, one)| (alias.as_str(), *one)).collect();
        names.extend((0..).zip(&self.candidates).map(|(one, name)| (name.as_str(), one)));
        if !self.labels.write_in.is_empty() {
            let last = self.candidates.len().saturating_sub(1);
            names.insert(&self.labels.write_in, u16::try_from(last).unwrap_or(u16::MAX));
        }
        names
    }
}
