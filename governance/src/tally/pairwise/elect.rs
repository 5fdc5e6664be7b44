//! From a matrix to a published count: who is compared at all, and who gets the places.
//!
//! A default option stands for "nothing changes". An option that not enough ballots prefer to it is dropped before anything is
//! compared, and an option that the method does not place above it is not chosen.
//! Source: the constitution of Debian, appendix A, vote counting: the quorum and the majority are judged against the default option,
//! and what remains is compared with it.

use super::Pairwise;
use super::copeland::copeland_among;
use super::schulze::schulze_among;
use crate::ballot::Method;
use crate::rule::DefaultOption;
use crate::tally::CountRefusal;
use crate::tally::decimal::Decimal;
use crate::tally::sheet::{self, Count, Selection, Stage, numbers, select};
use crate::tally::tie::TieBreak;

/// The option that every winner must beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Default {
    /// Which it is, from 0.
    pub option: u16,
    /// What it takes to beat it.
    pub rule: DefaultOption,
    /// The weight of the roll, for what is measured against it.
    pub eligible: u128,
}

/// What a method finds among those who are compared.
struct Found {
    /// What each holds: points, or how many it beats.
    held: Vec<u128>,
    ranking: Vec<Vec<u16>>,
}

/// Counts by Schulze's method. The totals of the only stage are how many others each beats by the strongest paths.
///
/// # Errors
/// [`CountRefusal::NoPlaces`] without places, [`CountRefusal::UnknownCandidate`] if the default option does not stand.
pub fn count_schulze(
    pairs: &Pairwise,
    seats: u16,
    default: Option<Default>,
    tie: &TieBreak,
) -> Result<Count, CountRefusal> {
    count(Method::Schulze, pairs, seats, default, tie, |those| {
        let found = schulze_among(pairs, those);
        Found {
            held: found.beaten,
            ranking: found.ranking,
        }
    })
}

/// Counts by Copeland's method. The totals of the only stage are the points; equal points in different groups of `ranking` were
/// told apart by the margins, which follow from `pairwise`.
///
/// # Errors
/// As [`count_schulze`].
pub fn count_copeland(
    pairs: &Pairwise,
    seats: u16,
    default: Option<Default>,
    tie: &TieBreak,
) -> Result<Count, CountRefusal> {
    count(Method::Copeland, pairs, seats, default, tie, |those| {
        let found = copeland_among(pairs, those);
        Found {
            held: found.points.into_iter().map(u128::from).collect(),
            ranking: found.ranking,
        }
    })
}

fn count(
    method: Method,
    pairs: &Pairwise,
    seats: u16,
    default: Option<Default>,
    tie: &TieBreak,
    find: impl Fn(&[u16]) -> Found,
) -> Result<Count, CountRefusal> {
    if seats == 0 {
        return Err(CountRefusal::NoPlaces);
    }
    let standing = pairs.standing();
    if let Some(absent) = default.filter(|default| !standing.contains(&default.option)) {
        return Err(CountRefusal::UnknownCandidate(sheet::number(absent.option)));
    }
    let valid = pairs.weight().saturating_sub(pairs.blank());
    let (compared, dropped): (Vec<u16>, Vec<u16>) = standing
        .iter()
        .partition(|one| default.is_none_or(|default| default.lets(pairs, **one)));
    let found = find(&compared);
    let selection = if valid == 0 {
        Selection::default()
    } else {
        select(above(&found.ranking, default), seats, tie, 1)
    };
    let stage = Stage {
        totals: sheet::totals(&found.held, 0),
        elected: selection.elected.clone(),
        excluded: numbers(&dropped),
        nontransferable: Decimal::whole(0),
        ties: selection.ties.clone(),
        ..Stage::default()
    };
    Ok(Count {
        method,
        seats,
        quota: None,
        valid,
        blank: pairs.blank(),
        withdrawn: numbers(&pairs.withdrawn()),
        elected: selection.elected,
        stages: vec![stage],
        ties: selection.ties,
        pairwise: Some(pairs.rows()),
        ranking: Some(found.ranking.iter().map(|group| numbers(group)).collect()),
        grades: None,
        share: None,
        undecided: selection.undecided,
    })
}

/// The groups that stand above the default option. Who shares its group does not beat it.
fn above(ranking: &[Vec<u16>], default: Option<Default>) -> &[Vec<u16>] {
    let at = default.and_then(|default| ranking.iter().position(|group| group.contains(&default.option)));
    at.and_then(|at| ranking.get(..at)).unwrap_or(ranking)
}

impl Default {
    /// Whether this option is compared: the default option is, and whoever beats it.
    fn lets(self, pairs: &Pairwise, option: u16) -> bool {
        let (preferring, against) = (pairs.prefers(option, self.option), pairs.prefers(self.option, option));
        option == self.option || self.rule.is_beaten(preferring, against, self.eligible)
    }
}
