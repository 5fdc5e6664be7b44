//! A day of the calendar, for the date at which a transaction takes effect in the books.

use std::fmt;
use std::str::FromStr;

/// Days since 1970-01-01 in the Gregorian calendar, from year 1 to 9999. Written as `2026-11-26`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

/// Why a text or number is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day is written as year, month and day of the calendar, such as 2026-11-26")]
pub struct DayTextError;

/// 0001-01-01 and 9999-12-31.
const DAYS: std::ops::RangeInclusive<i32> = -719_162..=2_932_896;
/// Days of four hundred years, after which the calendar repeats.
const ERA: i32 = 146_097;
/// From 0000-03-01, at which an era is taken to begin, to 1970-01-01.
const SHIFT: i32 = 719_468;

impl Day {
    /// The day so many days after 1970-01-01.
    ///
    /// # Errors
    /// [`DayTextError`] outside of the years 1 to 9999.
    pub fn from_days(days: i32) -> Result<Self, DayTextError> {
        if DAYS.contains(&days) {
            Ok(Self(days))
        } else {
            Err(DayTextError)
        }
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.0
    }

    /// Year, month and day. The year is counted from March, so that the leap day is its last.
    fn civil(self) -> (i32, i32, i32) {
        let shifted = self.0.saturating_add(SHIFT);
        let (era, day) = (shifted.div_euclid(ERA), shifted.rem_euclid(ERA));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let of_month = of_year - (153 * month + 2) / 5 + 1;
        let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        (era * 400 + year + later, month, of_month)
    }
}

fn days_of(year: i32, month: i32, day: i32) -> i32 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - SHIFT
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = DayTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-').map(str::parse::<u16>);
        let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day)), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(DayTextError);
        };
        if !(1..=9_999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return Err(DayTextError);
        }
        let found = Self::from_days(days_of(i32::from(year), i32::from(month), i32::from(day)))?;
        // A thirtieth of February is another day, and another text than ours is another text.
        if found.to_string() == text {
            Ok(found)
        } else {
            Err(DayTextError)
        }
    }
}
