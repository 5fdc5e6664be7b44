//! What all members together used: told so that no total is of fewer than five members, and no two totals differ by fewer.
//!
//! A day on which at least five members used a model is told by itself. The other days of the model wait together until at least five
//! members used it on them, and are told as one. So whoever subtracts one total from another learns of five members at least.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::MemberId;

/// The least number of members whose usage is told together.
pub const TOLD_MEMBERS_MIN: usize = 5;

/// What one member used of one model on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedOnDay {
    /// The model.
    pub model: String,
    /// The day, in days since 1 January 1970, in UTC.
    pub day: u64,
    /// The member.
    pub member: MemberId,
    /// What it was.
    pub used: Used,
}

/// What was used, added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Used {
    /// Calls.
    pub calls: u64,
    /// Tokens of input, where they are known.
    pub input_tokens: u64,
    /// Tokens of output, where they are known.
    pub output_tokens: u64,
    /// What it cost, in micro-credits.
    pub charged: u64,
}

impl Used {
    /// Both together. Amounts stay far below 2^64, since each is bounded by an allowance.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls.saturating_add(other.calls),
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            charged: self.charged.saturating_add(other.charged),
        }
    }
}

/// What all members used of one model on some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageTotal {
    /// The model.
    pub model: String,
    /// The days; one, or those that waited for each other.
    pub days: BTreeSet<u64>,
    /// How many members used it.
    pub members: u64,
    /// What they used.
    pub used: Used,
}

/// The totals that may be told of what is not told yet, by model and day. What belongs to no total waits for a later day.
#[must_use]
pub fn totals(untold: &[UsedOnDay]) -> Vec<UsageTotal> {
    let mut models: BTreeMap<&str, BTreeMap<u64, Vec<&UsedOnDay>>> = BTreeMap::new();
    for line in untold {
        let days = models.entry(&line.model).or_default();
        days.entry(line.day).or_default().push(line);
    }
    let mut told = Vec::new();
    for days in models.into_values() {
        let (alone, together): (Vec<_>, Vec<_>) = days.into_values().partition(|lines| is_enough(lines));
        let groups = alone.into_iter().chain([together.concat()]);
        told.extend(
            groups
                .filter(|lines| is_enough(lines))
                .filter_map(|lines| total(&lines)),
        );
    }
    told
}

fn members(lines: &[&UsedOnDay]) -> usize {
    lines.iter().map(|line| line.member).collect::<BTreeSet<_>>().len()
}

fn is_enough(lines: &[&UsedOnDay]) -> bool {
    members(lines) >= TOLD_MEMBERS_MIN
}

fn total(lines: &[&UsedOnDay]) -> Option<UsageTotal> {
    Some(UsageTotal {
        model: lines.first()?.model.clone(),
        days: lines.iter().map(|line| line.day).collect(),
        members: u64::try_from(members(lines)).ok()?,
        used: lines.iter().fold(Used::default(), |sum, line| sum.plus(line.used)),
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn line(model: &str, day: u64, member: u128, charged: u64) -> UsedOnDay {
        UsedOnDay {
            model: model.to_owned(),
            day,
            member: MemberId::from_uuid(Uuid::from_u128(member)),
            used: Used {
                calls: 1,
                input_tokens: 2,
                output_tokens: 3,
                charged,
            },
        }
    }

    /// Lines of so many members from a first one on.
    fn day(model: &str, day: u64, members: std::ops::Range<u128>) -> Vec<UsedOnDay> {
        members.map(|member| line(model, day, member, 10)).collect()
    }

    #[test]
    fn a_total_is_of_five_members_at_least_and_no_day_is_told_twice() {
        type Told<'a> = (&'a str, &'a [u64], u64, u64);
        let cases: [(&str, Vec<UsedOnDay>, &[Told<'_>]); 7] = [
            ("nothing", Vec::new(), &[]),
            ("four of a day", day("m", 1, 0..4), &[]),
            ("five of a day", day("m", 1, 0..5), &[("m", &[1], 5, 50)]),
            (
                "the same four on two days are four",
                [day("m", 1, 0..4), day("m", 2, 0..4)].concat(),
                &[],
            ),
            (
                "days that are too few wait for each other",
                [day("m", 1, 0..3), day("m", 2, 2..6)].concat(),
                &[("m", &[1, 2], 6, 70)],
            ),
            (
                "a day of five is told alone, whatever waits beside it",
                [day("m", 1, 0..3), day("m", 2, 0..5), day("m", 3, 4..6)].concat(),
                &[("m", &[2], 5, 50), ("m", &[1, 3], 5, 50)],
            ),
            (
                "models do not count for each other",
                [day("a", 1, 0..4), day("b", 1, 4..8), day("c", 1, 0..5)].concat(),
                &[("c", &[1], 5, 50)],
            ),
        ];
        for (case, untold, expected) in cases {
            let told = totals(&untold);
            let shown: Vec<(&str, Vec<u64>, u64, u64)> = told
                .iter()
                .map(|total| {
                    let days = total.days.iter().copied().collect();
                    (total.model.as_str(), days, total.members, total.used.charged)
                })
                .collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(model, days, members, charged)| (*model, days.to_vec(), *members, *charged))
                .collect();
            assert_eq!(shown, expected, "{case}");
        }
    }

    #[test]
    fn a_total_adds_up_all_calls_of_its_members() {
        let mut untold = day("m", 1, 0..5);
        untold.push(line("m", 1, 0, 7));
        let told = totals(&untold);
        let used = Used {
            calls: 6,
            input_tokens: 12,
            output_tokens: 18,
            charged: 57,
        };
        assert_eq!((told.len(), told[0].used, told[0].members), (1, used, 5));
    }
}
