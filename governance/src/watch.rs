//! For how long the books may differ from the bank before somebody must look; part of the bylaws, so that members decide it.

use serde::{Deserialize, Serialize};

use crate::hash::{Hash32, keccak256_words};
use crate::record::tag;

/// The longest time that may be set, in days.
pub const WATCH_DAYS_MAX: u16 = 366;

/// How long something may stand before it is an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// For how many days something may stand in the books and not at the bank, or there and not here.
    pub unmatched_days: u16,
    /// For how many days after its day of payment a payment may be unknown.
    pub unknown_days: u16,
}

/// Why such a time is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a difference is looked at after 1 to {WATCH_DAYS_MAX} days")]
pub struct WatchRefusal;

/// Why somebody must look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alarm {
    /// Something stands on one side alone for too long.
    Unmatched,
    /// What became of a payment is unknown for too long.
    Unknown,
    /// What is due or clearing is not what the payments come to.
    Uneven,
    /// A statement leaves an entry out, or does not begin where the one before ended.
    Gap,
    /// A contract shows a root that nobody released here, by which it pays or may come to pay.
    Foreign,
    /// A contract that promises something was not followed for an hour.
    Stale,
}

impl Alarm {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Unmatched,
        Self::Unknown,
        Self::Uneven,
        Self::Gap,
        Self::Foreign,
        Self::Stale,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unmatched => "unmatched",
            Self::Unknown => "unknown",
            Self::Uneven => "uneven",
            Self::Gap => "gap",
            Self::Foreign => "foreign",
            Self::Stale => "stale",
        }
    }
}

impl Default for Watch {
    /// Ten days and five: what bylaws mean that do not speak of it.
    fn default() -> Self {
        Self {
            unmatched_days: 10,
            unknown_days: 5,
        }
    }
}

impl Watch {
    /// Whether this is what bylaws mean that do not speak of it.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Checks what was written.
    ///
    /// # Errors
    /// [`WatchRefusal`] for no time, or more than a year.
    pub fn check(&self) -> Result<(), WatchRefusal> {
        let possible = 1..=WATCH_DAYS_MAX;
        (possible.contains(&self.unmatched_days) && possible.contains(&self.unknown_days))
            .then_some(())
            .ok_or(WatchRefusal)
    }

    /// Whether something is an alarm that stands for so many days: unmatched, or a payment of which nothing is known.
    #[must_use]
    pub fn alarm(&self, is_unknown: bool, age_days: i32) -> Option<Alarm> {
        let (alarm, most) = if is_unknown {
            (Alarm::Unknown, self.unknown_days)
        } else {
            (Alarm::Unmatched, self.unmatched_days)
        };
        (age_days > i32::from(most)).then_some(alarm)
    }

    /// What the record of bylaws holds of it, as its last entry: nothing where they do not speak of it.
    #[must_use]
    pub fn word(&self) -> Option<Hash32> {
        let number = |number: u16| Hash32::from_u128(u128::from(number));
        let words = [tag("WatchV1"), number(self.unmatched_days), number(self.unknown_days)];
        (!self.is_default()).then(|| keccak256_words(&words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(unmatched_days: u16, unknown_days: u16) -> Watch {
        Watch {
            unmatched_days,
            unknown_days,
        }
    }

    #[test]
    fn a_difference_is_an_alarm_the_day_after_its_time_is_over() {
        let usual = Watch::default();
        for (is_unknown, age, expected) in [
            (false, 10, None),
            (false, 11, Some(Alarm::Unmatched)),
            (true, 5, None),
            (true, 6, Some(Alarm::Unknown)),
            (true, -400, None),
        ] {
            assert_eq!(usual.alarm(is_unknown, age), expected, "{is_unknown} {age}");
        }
    }

    #[test]
    fn a_time_that_nobody_could_mean_is_refused() {
        assert_eq!(watch(1, 366).check(), Ok(()));
        for wrong in [watch(0, 1), watch(1, 0), watch(367, 1), watch(1, 367)] {
            assert_eq!(wrong.check(), Err(WatchRefusal), "{wrong:?}");
        }
    }

    #[test]
    fn the_usual_times_leave_records_of_bylaws_as_they_were() {
        assert_eq!(Watch::default().word(), None);
        assert!(watch(5, 10).word().is_some());
        assert_ne!(watch(5, 10).word(), watch(5, 11).word());
        assert_ne!(watch(5, 10).word(), watch(6, 10).word());
    }
}
