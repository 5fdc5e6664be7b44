//! The halt switch: where something looks wrong, a steward or an auditor stops for some days whatever would bind the co-op; or the
//! members decide so, for longer, and as often as they decide it.
//!
//! Stating an emergency is enough, so that it is quick; it ends by itself and cannot be repeated at once, so that it is no way to
//! govern. Members go on voting meanwhile, and what they decide waits.

use crate::time::Timestamp;

/// The longest halt, in days.
pub const DAYS_MAX: u64 = 7;
/// The longest halt that the members decide, in days.
pub const DECIDED_DAYS_MAX: u64 = 90;
/// How long after a halt the co-op acts freely before somebody may halt it again, in days.
pub const DAYS_BETWEEN: u64 = 7;
const DAY: u64 = 86_400;

/// The last halt of a co-op.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Halt {
    /// When it ends, or ended, by itself.
    pub until: Timestamp,
    /// When it was ended before; `None` otherwise.
    pub ended_at: Option<Timestamp>,
}

/// Why a co-op is not halted, or its halt not ended; each says what to do instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HaltRefusal {
    /// It is halted now.
    #[error("the co-op is halted already; if this is another emergency, tell the members")]
    Halted,
    /// Too long, or no time at all.
    #[error("a halt lasts from 1 to {DAYS_MAX} days; for longer, let the members decide")]
    Days,
    /// The last one is not long enough ago.
    #[error(
        "the last halt ended less than {DAYS_BETWEEN} days ago: the co-op may be halted again from {} (seconds since 1970); \
         until then, let the members decide",
        .from.0
    )]
    TooSoon {
        /// From when it may be.
        from: Timestamp,
    },
    /// Nobody alone undoes what the members decided.
    #[error("the members decided this halt: it ends by itself, or by a decision with the action end_halt")]
    Decided,
}

impl Halt {
    /// Whether it is in force.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        now < self.end()
    }

    fn end(&self) -> Timestamp {
        self.ended_at.unwrap_or(self.until)
    }
}

/// Decides whether the co-op may be halted now for so many days, given its last halt; gives the moment at which it ends by itself.
///
/// # Errors
/// [`HaltRefusal`] with the rule that forbids it.
pub fn decide_halt(last: Option<&Halt>, days: u64, now: Timestamp) -> Result<Timestamp, HaltRefusal> {
    if days == 0 || days > DAYS_MAX {
        return Err(HaltRefusal::Days);
    }
    if let Some(last) = last {
        if last.is_in_force(now) {
            return Err(HaltRefusal::Halted);
        }
        let from = last.end().plus_seconds(DAYS_BETWEEN.saturating_mul(DAY));
        if now < from {
            return Err(HaltRefusal::TooSoon { from });
        }
    }
    Ok(now.plus_seconds(days.saturating_mul(DAY)))
}

/// When a halt ends by itself that the members decided, where it begins now.
#[must_use]
pub fn decided_until(days: u16, now: Timestamp) -> Timestamp {
    now.plus_seconds(u64::from(days).saturating_mul(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_halt_ends_by_itself_and_cannot_be_repeated_at_once() {
        let day = |day: u64| Timestamp(day * DAY);
        let halt = |until, ended_at: Option<u64>| Halt {
            until: day(until),
            ended_at: ended_at.map(day),
        };
        let (whole, short) = (halt(107, None), halt(107, Some(102)));
        type Case<'a> = (Option<&'a Halt>, u64, u64, Result<u64, HaltRefusal>);
        let cases: [Case<'_>; 10] = [
            (None, 1, 100, Ok(101)),
            (None, 7, 100, Ok(107)),
            (None, 0, 100, Err(HaltRefusal::Days)),
            (None, 8, 100, Err(HaltRefusal::Days)),
            (None, u64::MAX, 100, Err(HaltRefusal::Days)),
            (Some(&whole), 1, 106, Err(HaltRefusal::Halted)),
            (Some(&whole), 1, 107, Err(HaltRefusal::TooSoon { from: day(114) })),
            (Some(&whole), 1, 114, Ok(115)),
            (Some(&short), 1, 102, Err(HaltRefusal::TooSoon { from: day(109) })),
            (Some(&short), 1, 109, Ok(110)),
        ];
        for (last, days, now, expected) in cases {
            assert_eq!(
                decide_halt(last, days, day(now)),
                expected.map(day),
                "{last:?} {days} {now}"
            );
        }
    }
}
