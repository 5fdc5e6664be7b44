//! Score: each ballot gives options a whole number from 0 to a highest, and the highest sums, or means, get the places.
//!
//! Source: common usage ("range voting"); the definition is this paragraph. What a ballot leaves out counts as 0, or as no opinion:
//! then options are compared by their mean, the sum divided by the weight that scored them, and one that too few scored cannot be
//! chosen, or a single friend would make a winner. Means are compared by multiplying across. An option that nobody scored above 0 gets
//! no place; equal merit divided by the last places waits for the lot.

use std::cmp::Ordering;

use num_bigint::BigUint;

use super::grades::{Histogram, weight_of};
use super::points::{Contest, Places};
use super::sheet::{Count, numbers};
use super::tie::TieBreak;
use crate::ballot::Method;
use crate::rule::{Ratio, Unscored};

/// The highest score that a rule may allow: a count publishes how often each option was given each score.
pub const SCORE_MAX: u32 = 100;

/// Counts scores; their histogram has one more level than the highest score.
#[must_use]
pub fn count(contest: &Contest, scores: &Histogram, unscored: Unscored, tie: &TieBreak) -> Count {
    let sums = scores.sums();
    let (groups, rows) = match unscored {
        Unscored::Zero {} => (sums.groups(), scores.filled()),
        Unscored::NoOpinion { scorers } => (by_mean(contest, scores, scorers), scores.rows().to_vec()),
    };
    let scored = |option: u16| sums.totals.get(usize::from(option)).is_some_and(|sum| *sum > 0);
    let mut count = Places::fill(contest, &groups, scored, tie).sheet(Method::Score, contest, sums);
    count.ranking = Some(groups.iter().map(|group| numbers(group)).collect());
    count.grades = Some(rows);
    count
}

/// A sum and the weight that gave it, at least 1.
#[derive(Debug, Clone, Copy)]
struct Mean {
    sum: u128,
    scorers: u128,
}

impl Mean {
    fn compare(self, other: Self) -> Ordering {
        // The products would not fit into 128 bits.
        let product = |left: u128, right: u128| BigUint::from(left) * right;
        product(self.sum, other.scorers).cmp(&product(other.sum, self.scorers))
    }
}

/// Those who stand and whom enough of all ballots scored, by mean.
fn by_mean(contest: &Contest, scores: &Histogram, needed: Ratio) -> Vec<Vec<u16>> {
    let all = scores.sums().weights.all();
    let mut order: Vec<(Mean, u16)> = (0..)
        .zip(
            scores
                .rows()
                .iter()
                .map(|row| weight_of(row))
                .zip(&scores.sums().totals),
        )
        .map(|(option, (scorers, sum))| (Mean { sum: *sum, scorers }, option))
        .filter(|(mean, option)| contest.stands(*option) && mean.scorers > 0 && needed.reached(mean.scorers, all))
        .collect();
    order.sort_by(|one, other| other.0.compare(one.0));
    order
        .chunk_by(|one, other| one.0.compare(other.0).is_eq())
        .map(|group| group.iter().map(|(_, option)| *option).collect())
        .collect()
}
