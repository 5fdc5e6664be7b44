//! The methods that add something up, counted again in the plainest form. What is published for instant runoff, Meek and Schulze is
//! held to other programs elsewhere; here the auditor alone counts it again.

use serde_json::Value;

use super::super::delegations::Sheet;
use super::{Counted, has_quorum, number, reaches};

/// What the ballots of one proposal give; `None` for methods that are not counted again here.
pub(super) fn count(rule: &Value, options: usize, ballots: &[Sheet], roll: u128) -> Option<Counted> {
    let counting = &rule["counting"];
    let gives = |ballot: &Sheet, option: usize| {
        let at = ballot.options.iter().position(|named| usize::from(*named) == option);
        at.map(|at| ballot.points[at])
    };
    let given = |option: usize| {
        ballots
            .iter()
            .filter_map(move |ballot| gives(ballot, option))
            .map(u128::from)
    };
    let sums = || {
        (0..options)
            .map(|option| given(option).sum::<u128>())
            .collect::<Vec<_>>()
    };
    let counts = match counting["method"].as_str()? {
        "plurality" | "approval" | "score" | "quadratic" | "dots" | "budget" => sums(),
        "majority_judgment" => {
            let valid = ballots.iter().filter(|ballot| !ballot.options.is_empty());
            let valid: Vec<&Sheet> = valid.collect();
            (0..options)
                .map(|option| {
                    let mut grades: Vec<u32> = valid.iter().map(|ballot| gives(ballot, option).unwrap_or(0)).collect();
                    grades.sort_unstable();
                    let middle = grades.len().div_ceil(2).checked_sub(1);
                    middle.map_or(0, |middle| u128::from(grades[middle]))
                })
                .collect()
        }
        "copeland" => wins(options, &counting["default_option"], ballots),
        "consent" => {
            let said = |answer: u16| ballots.iter().filter(|ballot| ballot.options == [answer]).count() as u128;
            let objecting = |state: Option<&str>| {
                let those = ballots.iter().filter(|ballot| ballot.options == [2]);
                those.filter(|ballot| ballot.state.as_deref() == state).count() as u128
            };
            let mut counts = vec![said(0), said(1), objecting(None)];
            let states = ["accepted", "dismissed", "integrated", "withdrawn", "standing"];
            counts.extend(states.map(|state| objecting(Some(state))));
            counts
        }
        "optimistic" => {
            let said = |answer: u16| ballots.iter().filter(|ballot| ballot.options == [answer]).count() as u128;
            vec![said(0), said(1), said(2), said(3)]
        }
        _ => return None,
    };
    let passes = match counting["method"].as_str()? {
        "consent" => counts[0] > 0 && counts[2] + counts[3] + counts[7] <= number(&counting["standing_max"]),
        "optimistic" => !reaches(counts[1], roll, &counting["against"], false),
        // Whoever is compared has beaten the default option.
        "copeland" if !counting["default_option"].is_null() => counts.iter().any(|points| *points > 0),
        "copeland" => ballots.iter().any(|ballot| !ballot.options.is_empty()),
        // The majority grade may be the worst although somebody gave a better one.
        _ => sums().iter().any(|sum| *sum > 0),
    };
    let outcome = match (has_quorum(rule, ballots.len() as u128, roll), passes) {
        (false, _) => "no_quorum",
        (true, true) => "passed",
        (true, false) => "rejected",
    };
    Some(Counted { counts, outcome })
}

/// Two points for each candidate that more ballots put lower than higher, one for each that as many do, among those who beat the
/// default option, where there is one, and it.
fn wins(options: usize, default: &Value, ballots: &[Sheet]) -> Vec<u128> {
    let rank = |ballot: &Sheet, one: usize| {
        let at = ballot.options.iter().position(|named| usize::from(*named) == one);
        at.map_or(u32::MAX, |at| ballot.points[at])
    };
    let prefer = |one: usize, other: usize| {
        let those = ballots.iter().filter(|ballot| rank(ballot, one) < rank(ballot, other));
        those.count() as u128
    };
    let candidates = options + usize::from(!default.is_null());
    let is_compared = |one: &usize| {
        let (preferring, against) = (prefer(*one, options), prefer(options, *one));
        default.is_null() || *one == options || reaches(preferring, preferring + against, &default["share"], true)
    };
    let compared: Vec<usize> = (0..candidates).filter(is_compared).collect();
    let points = |one: usize, other: usize| match prefer(one, other).cmp(&prefer(other, one)) {
        std::cmp::Ordering::Greater => 2,
        std::cmp::Ordering::Equal => 1,
        std::cmp::Ordering::Less => 0,
    };
    let mut sums = vec![0; candidates];
    for one in &compared {
        let others = compared.iter().filter(|other| *other != one);
        sums[*one] = others.map(|other| points(*one, *other)).sum();
    }
    sums
}
