//! What the methods share that add up what ballots give to options: who stands, the sums, and how places follow from an order.
//!
//! Options are numbered from 0. An option that withdrew receives nothing, and what ballots give to it is held by nobody.

use super::CountRefusal;
use super::sheet::{Count, Selection, Stage, number, numbers, select, totals};
use super::tie::TieBreak;
use crate::ballot::Method;

/// The most weight a count may hold: with points of 32 bits every sum stays within 128 bits.
pub const WEIGHT_MAX: u128 = 1_000_000_000_000_000_000_000_000;

/// Which options stand for how many places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// How many options, numbered from 0.
    pub options: u16,
    /// Places to fill, at least 1.
    pub seats: u16,
    /// Options that withdrew.
    pub withdrawn: Vec<u16>,
}

impl Contest {
    /// So many options for so many places, none withdrawn.
    #[must_use]
    pub const fn new(options: u16, seats: u16) -> Self {
        Self {
            options,
            seats,
            withdrawn: Vec::new(),
        }
    }

    /// Whether an option can be chosen: it exists and has not withdrawn.
    #[must_use]
    pub fn stands(&self, option: u16) -> bool {
        option < self.options && !self.withdrawn.contains(&option)
    }

    /// Checks that there is something to fill and somebody to fill it with.
    ///
    /// # Errors
    /// [`CountRefusal`] with what is wrong.
    pub fn check(&self) -> Result<(), CountRefusal> {
        if let Some(unknown) = self.withdrawn.iter().find(|option| **option >= self.options) {
            return Err(CountRefusal::UnknownCandidate(number(*unknown)));
        }
        if self.seats == 0 || !(0..self.options).any(|option| self.stands(option)) {
            return Err(CountRefusal::NoPlaces);
        }
        Ok(())
    }
}

/// How much weight says something, and how much says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weights {
    /// Ballots that say something.
    pub valid: u128,
    /// Ballots that say nothing.
    pub blank: u128,
}

impl Weights {
    /// All ballots.
    #[must_use]
    pub const fn all(self) -> u128 {
        self.valid.saturating_add(self.blank)
    }

    /// Adds one ballot.
    ///
    /// # Errors
    /// [`CountRefusal::TooHeavy`] above [`WEIGHT_MAX`]; nothing is added then.
    pub(super) fn add(&mut self, is_blank: bool, weight: u128) -> Result<(), CountRefusal> {
        self.all()
            .checked_add(weight)
            .filter(|sum| *sum <= WEIGHT_MAX)
            .ok_or(CountRefusal::TooHeavy)?;
        let place = if is_blank { &mut self.blank } else { &mut self.valid };
        *place = place.saturating_add(weight);
        Ok(())
    }
}

/// Refuses options that do not exist or stand on a ballot twice.
pub(super) fn check_options(points: &[(u16, u32)], options: u16) -> Result<(), CountRefusal> {
    let mut named: Vec<u16> = points.iter().map(|(option, _)| *option).collect();
    named.sort_unstable();
    match named.last() {
        Some(last) if *last >= options => return Err(CountRefusal::UnknownCandidate(number(*last))),
        Some(_) | None => {}
    }
    let repeated = named.iter().zip(named.iter().skip(1)).find(|(one, next)| one == next);
    match repeated {
        Some((twice, _)) => Err(CountRefusal::Repeated(number(*twice))),
        None => Ok(()),
    }
}

/// What ballots give to each option, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    /// Of each option, from 0.
    pub totals: Vec<u128>,
    /// What was given to options that withdrew.
    pub lost: u128,
    /// The ballots.
    pub weights: Weights,
    withdrawn: Vec<u16>,
}

impl Sums {
    /// No ballots yet.
    ///
    /// # Errors
    /// As [`Contest::check`].
    pub fn new(contest: &Contest) -> Result<Self, CountRefusal> {
        contest.check()?;
        Ok(Self {
            totals: vec![0; usize::from(contest.options)],
            lost: 0,
            weights: Weights::default(),
            withdrawn: contest.withdrawn.clone(),
        })
    }

    /// Adds a ballot of this weight that gives points to options; an empty one is blank.
    ///
    /// # Errors
    /// [`CountRefusal`] for options that do not exist or stand twice, and above [`WEIGHT_MAX`]; nothing is added then.
    pub fn add(&mut self, points: &[(u16, u32)], weight: u128) -> Result<(), CountRefusal> {
        check_options(points, u16::try_from(self.totals.len()).unwrap_or(u16::MAX))?;
        self.weights.add(points.is_empty(), weight)?;
        for (option, given) in points {
            let place = if self.withdrawn.contains(option) {
                &mut self.lost
            } else {
                self.totals.get_mut(usize::from(*option)).unwrap_or(&mut self.lost)
            };
            *place = place.saturating_add(weight.saturating_mul(u128::from(*given)));
        }
        Ok(())
    }

    /// Everyone who stands, in groups of equal totals, the highest first.
    pub(super) fn groups(&self) -> Vec<Vec<u16>> {
        let mut order: Vec<(u128, u16)> = (0..)
            .zip(&self.totals)
            .map(|(option, total)| (*total, option))
            .filter(|(_, option)| !self.withdrawn.contains(option))
            .collect();
        order.sort_unstable_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        order
            .chunk_by(|one, other| one.0 == other.0)
            .map(|group| group.iter().map(|(_, option)| *option).collect())
            .collect()
    }

    /// The count of a method in which the highest totals win.
    pub(super) fn highest(&self, method: Method, contest: &Contest, tie: &TieBreak) -> Count {
        let places = Places::fill(
            contest,
            &self.groups(),
            |option| self.totals.get(usize::from(option)).is_some_and(|total| *total > 0),
            tie,
        );
        places.sheet(method, contest, self)
    }
}

/// The places, and who could not get one.
pub(super) struct Places {
    selection: Selection,
    excluded: Vec<u16>,
}

impl Places {
    /// Fills the places from groups of equal merit, the best first, with those who stand and of whom `deserves` holds.
    pub(super) fn fill(contest: &Contest, groups: &[Vec<u16>], deserves: impl Fn(u16) -> bool, tie: &TieBreak) -> Self {
        let able: Vec<Vec<u16>> = groups
            .iter()
            .map(|group| {
                let able = group.iter().copied();
                able.filter(|option| contest.stands(*option) && deserves(*option))
                    .collect()
            })
            .filter(|group: &Vec<u16>| !group.is_empty())
            .collect();
        let excluded = (0..contest.options)
            .filter(|option| contest.stands(*option) && !able.iter().any(|group| group.contains(option)))
            .collect();
        Self {
            selection: select(&able, contest.seats, tie, 1),
            excluded,
        }
    }

    /// The count of a method without rounds.
    pub(super) fn sheet(self, method: Method, contest: &Contest, sums: &Sums) -> Count {
        let elected = self.selection.elected;
        let stage = Stage {
            totals: totals(&sums.totals, 0),
            elected: elected.clone(),
            excluded: numbers(&self.excluded),
            nontransferable: super::decimal::Decimal::whole(sums.lost),
            ties: self.selection.ties.clone(),
            ..Stage::default()
        };
        let mut withdrawn = numbers(&contest.withdrawn);
        withdrawn.sort_unstable();
        withdrawn.dedup();
        Count {
            method,
            seats: contest.seats,
            quota: None,
            valid: sums.weights.valid,
            blank: sums.weights.blank,
            withdrawn,
            elected,
            stages: vec![stage],
            ties: self.selection.ties,
            pairwise: None,
            ranking: None,
            grades: None,
            share: None,
            undecided: self.selection.undecided,
        }
    }
}
