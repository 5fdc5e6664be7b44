//! Periods of allowances, in UTC.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

const DAY: u64 = 86_400;

/// How long an allowance lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// From Monday to Monday.
    Week,
    /// From the first of a month to the first of the next.
    Month,
}

/// A period of time: from its beginning up to its end, which is the beginning of the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// When it begins.
    pub starts_at: Timestamp,
    /// When it ends, and the allowance begins anew.
    pub ends_at: Timestamp,
}

impl Period {
    /// Every period.
    pub const ALL: &'static [Self] = &[Self::Day, Self::Week, Self::Month];

    /// The name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The period with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|period| period.name() == name)
    }

    /// The one that a moment lies in.
    #[must_use]
    pub const fn window(self, at: Timestamp) -> Window {
        let day = at.0 / DAY;
        let (first, last) = match self {
            Self::Day => (day, day.saturating_add(1)),
            Self::Week => {
                // 1970 began on a Thursday: three days after a Monday.
                let first = day.saturating_sub(day.saturating_add(3) % 7);
                (first, day.saturating_sub(day.saturating_add(3) % 7).saturating_add(7))
            }
            Self::Month => {
                let (year, month, in_month) = civil(day);
                let first = day.saturating_sub(in_month);
                (first, first.saturating_add(days_of(year, month)))
            }
        };
        Window {
            starts_at: Timestamp(first.saturating_mul(DAY)),
            ends_at: Timestamp(last.saturating_mul(DAY)),
        }
    }
}

/// Year, month from 1, and day from 0, of a day counted from 1970-01-01 in the proleptic Gregorian calendar: days are counted from
/// the first of March of the year 0, so that the leap day is the last of its year, and in eras of 400 years.
const fn civil(day: u64) -> (u64, u64, u64) {
    let shifted = day.saturating_add(719_468);
    let era = shifted / 146_097;
    let in_era = shifted % 146_097;
    let leaps = (in_era / 1_460).saturating_add(in_era / 146_096);
    let year_in_era = in_era.saturating_add(in_era / 36_524).saturating_sub(leaps) / 365;
    let begun = (365_u64.saturating_mul(year_in_era))
        .saturating_add(year_in_era / 4)
        .saturating_sub(year_in_era / 100);
    let in_year = in_era.saturating_sub(begun);
    let from_march = (in_year.saturating_mul(5).saturating_add(2)) / 153;
    let in_month = in_year.saturating_sub((from_march.saturating_mul(153).saturating_add(2)) / 5);
    let month = if from_march < 10 {
        from_march.saturating_add(3)
    } else {
        from_march.saturating_sub(9)
    };
    let year = year_in_era.saturating_add(era.saturating_mul(400));
    let year = if month <= 2 { year.saturating_add(1) } else { year };
    (year, month, in_month)
}

const fn days_of(year: u64, month: u64) -> u64 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, period: Period, at: u64, expected: (u64, u64)) {
        let window = period.window(Timestamp(at));
        assert_eq!((window.starts_at.0, window.ends_at.0), expected, "{name}");
    }

    #[test]
    fn periods_begin_at_midnight_on_monday_and_on_the_first_of_a_month_in_utc() {
        check("the first day", Period::Day, 0, (0, DAY));
        check("the last second of a day", Period::Day, DAY - 1, (0, DAY));
        check("midnight", Period::Day, DAY, (DAY, 2 * DAY));
        // 2026-11-26 is a Thursday; its Monday is 2026-11-23.
        check("a week", Period::Week, 1_795_658_400, (1_795_392_000, 1_795_996_800));
        check(
            "Sunday night",
            Period::Week,
            1_795_996_799,
            (1_795_392_000, 1_795_996_800),
        );
        check("Monday", Period::Week, 1_795_996_800, (1_795_996_800, 1_796_601_600));
        check(
            "November 2026",
            Period::Month,
            1_795_658_400,
            (1_793_491_200, 1_796_083_200),
        );
        check(
            "December 2026",
            Period::Month,
            1_796_083_200,
            (1_796_083_200, 1_798_761_600),
        );
        check(
            "February 2028, a leap year",
            Period::Month,
            1_835_395_200,
            (1_832_976_000, 1_835_481_600),
        );
        check(
            "February 2027",
            Period::Month,
            1_803_859_199,
            (1_801_440_000, 1_803_859_200),
        );
        check(
            "February 2100, none",
            Period::Month,
            4_107_542_399,
            (4_105_123_200, 4_107_542_400),
        );
    }

    #[test]
    fn each_month_begins_where_the_one_before_ends_for_four_hundred_years() {
        let mut at = Timestamp(0);
        for _ in 0..4_800 {
            let window = Period::Month.window(at);
            assert_eq!(window.starts_at, at);
            let days = window.ends_at.seconds_since(at) / DAY;
            assert!((28..=31).contains(&days));
            assert_eq!(Period::Month.window(Timestamp(window.ends_at.0 - 1)), window);
            at = window.ends_at;
        }
        // 400 years have 146,097 days.
        assert_eq!(at.0, 146_097 * DAY);
    }
}
