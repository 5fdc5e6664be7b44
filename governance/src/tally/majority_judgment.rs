//! Majority judgment: each ballot gives options one of a few grades, and the option with the best middle grade wins.
//!
//! Source: M. Balinski and R. Laraki, "Majority Judgment" (2011). The grades of an option are sorted, the worst first; what a ballot
//! leaves out is the worst grade. The grade in the middle, the lower one of two, is the majority grade. Options are compared by
//! the majority grade; then by the majority grade of what is left when one such grade is taken away from each, and so on to the
//! last. Only options with the same grades throughout are equal, and wait for the lot where the last places divide them. An option
//! that nobody graded above the worst gets no place.
//!
//! Taking the lower middle away again and again walks outwards from the middle, now up, now down. So the two sequences are found
//! by walking both halves of the histograms in runs of equal grades, in time with the number of grades and not of ballots.

use std::cmp::Ordering;

use super::grades::{Histogram, weight_of};
use super::points::{Contest, Places};
use super::sheet::{Count, numbers, totals};
use super::tie::TieBreak;
use crate::ballot::Method;

/// The fewest grades.
pub const GRADES_MIN: u16 = 2;
/// The most grades.
pub const GRADES_MAX: u16 = 10;

/// Counts grades, 0 being the worst.
#[must_use]
pub fn count(contest: &Contest, grades: &Histogram, tie: &TieBreak) -> Count {
    let rows = grades.filled();
    let mut order: Vec<(u16, &[u128])> = (0..)
        .zip(&rows)
        .map(|(option, row)| (option, row.as_slice()))
        .filter(|(option, _)| !contest.withdrawn.contains(option))
        .collect();
    order.sort_by(|one, other| compare(other.1, one.1));
    let groups: Vec<Vec<u16>> = order
        .chunk_by(|one, other| compare(one.1, other.1).is_eq())
        .map(|group| group.iter().map(|(option, _)| *option).collect())
        .collect();
    let liked = |option: u16| {
        rows.get(usize::from(option))
            .is_some_and(|row| row.iter().skip(1).any(|weight| *weight > 0))
    };
    let mut count = Places::fill(contest, &groups, liked, tie).sheet(Method::MajorityJudgment, contest, grades.sums());
    let medians: Vec<u128> = rows.iter().map(|row| majority_grade(row)).collect();
    for stage in &mut count.stages {
        stage.totals = totals(&medians, 0);
        stage.nontransferable = super::decimal::Decimal::whole(0);
    }
    count.ranking = Some(groups.iter().map(|group| numbers(group)).collect());
    count.grades = Some(rows);
    count
}

/// The lower middle grade; 0 of nothing.
fn majority_grade(row: &[u128]) -> u128 {
    let middle = weight_of(row).div_ceil(2);
    let mut passed: u128 = 0;
    for (grade, weight) in (0..).zip(row) {
        passed = passed.saturating_add(*weight);
        if passed >= middle {
            return grade;
        }
    }
    0
}

/// Compares two histograms of the same weight by their sequences of majority grades; greater is better.
#[must_use]
pub fn compare(one: &[u128], other: &[u128]) -> Ordering {
    let weight = weight_of(one);
    if weight == 0 {
        return Ordering::Equal;
    }
    let (first, second) = (Halves::of(one, weight), Halves::of(other, weight));
    let down = first_difference(&first.down, &second.down);
    let up = first_difference(&first.up, &second.up);
    match (down, up) {
        (None, None) => Ordering::Equal,
        (Some(down), None) => down.order,
        (None, Some(up)) => up.order,
        // The n-th grade downwards comes just before the n-th upwards where the weight is even. Where it is odd, the middle itself
        // is the first downwards, and the next two are the second downwards and the first upwards.
        (Some(down), Some(up)) => {
            let down_first = if weight.is_multiple_of(2) {
                down.at <= up.at
            } else {
                down.at <= up.at.saturating_add(1)
            };
            if down_first { down.order } else { up.order }
        }
    }
}

/// A grade and how much weight in a row gave it.
type Run = (usize, u128);

/// The sorted grades, parted at the lower middle: from there down to the worst, and from above it up to the best.
struct Halves {
    down: Vec<Run>,
    up: Vec<Run>,
}

impl Halves {
    fn of(row: &[u128], weight: u128) -> Self {
        let mut below = weight.div_ceil(2);
        let (mut down, mut up) = (Vec::new(), Vec::new());
        for (grade, count) in row.iter().copied().enumerate() {
            let here = count.min(below);
            below = below.saturating_sub(here);
            let above = count.saturating_sub(here);
            if here > 0 {
                down.push((grade, here));
            }
            if above > 0 {
                up.push((grade, above));
            }
        }
        down.reverse();
        Self { down, up }
    }
}

/// Where two walks first differ, counted from 0, and how the first stands to the second.
struct Difference {
    at: u128,
    order: Ordering,
}

fn first_difference(one: &[Run], other: &[Run]) -> Option<Difference> {
    let (mut one, mut other) = (one.iter().copied(), other.iter().copied());
    let (mut left, mut right) = (one.next(), other.next());
    let mut at: u128 = 0;
    while let (Some((left_grade, left_weight)), Some((right_grade, right_weight))) = (left, right) {
        if left_grade != right_grade {
            let order = left_grade.cmp(&right_grade);
            return Some(Difference { at, order });
        }
        let shared = left_weight.min(right_weight);
        at = at.saturating_add(shared);
        left = rest(left_grade, left_weight, shared).or_else(|| one.next());
        right = rest(right_grade, right_weight, shared).or_else(|| other.next());
    }
    None
}

fn rest(grade: usize, weight: u128, walked: u128) -> Option<Run> {
    (weight > walked).then(|| (grade, weight.saturating_sub(walked)))
}
