//! One circuit breaker for each upstream: after some failures in a row it is left alone for a while, then one call tries it again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governance::id::UpstreamId;

/// The failures in a row after which an upstream is left alone.
const FAILURES_MAX: u32 = 5;
/// For how long, the first time and at most; each failed trial doubles it.
const REST: Duration = Duration::from_secs(5);
const REST_MAX: Duration = Duration::from_secs(120);

#[derive(Debug, Clone, Copy)]
enum State {
    /// It answers, but for so many failures in a row.
    Closed { failures: u32 },
    /// It is left alone until then, having rested so long.
    Open { until: Instant, rest: Duration },
    /// One call is trying it; the others are refused.
    Trying { rest: Duration },
}

/// The breakers of this process.
#[derive(Default)]
pub struct Breakers {
    states: Mutex<HashMap<UpstreamId, State>>,
}

/// Leave to ask an upstream. Dropped without a word it changes nothing, except that another call may try then.
pub struct Leave {
    breakers: Arc<Breakers>,
    upstream: UpstreamId,
    is_told: bool,
}

impl Breakers {
    /// Asks for leave.
    ///
    /// # Errors
    /// How long the upstream is left alone.
    pub fn ask(self: &Arc<Self>, upstream: UpstreamId, now: Instant) -> Result<Leave, Duration> {
        let mut states = self.states();
        let state = states.entry(upstream).or_insert(State::Closed { failures: 0 });
        match *state {
            State::Closed { .. } => {}
            State::Open { until, .. } if now < until => return Err(until.duration_since(now)),
            State::Open { rest, .. } => *state = State::Trying { rest },
            State::Trying { rest } => return Err(rest),
        }
        Ok(Leave {
            breakers: Arc::clone(self),
            upstream,
            is_told: false,
        })
    }

    fn states(&self) -> MutexGuard<'_, HashMap<UpstreamId, State>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave {
    /// The upstream answered.
    pub fn answered(mut self) {
        self.is_told = true;
        self.breakers
            .states()
            .insert(self.upstream, State::Closed { failures: 0 });
    }

    /// It failed.
    pub fn failed(mut self, now: Instant) {
        self.is_told = true;
        let mut states = self.breakers.states();
        let state = states.entry(self.upstream).or_insert(State::Closed { failures: 0 });
        let open = |rest: Duration| State::Open {
            until: now.checked_add(rest).unwrap_or(now),
            rest,
        };
        *state = match *state {
            State::Closed { failures } if failures.saturating_add(1) < FAILURES_MAX => State::Closed {
                failures: failures.saturating_add(1),
            },
            State::Closed { .. } => open(REST),
            State::Trying { rest } => open(rest.saturating_mul(2).min(REST_MAX)),
            // A call from before it was left alone.
            State::Open { until, rest } => State::Open { until, rest },
        };
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if self.is_told {
            return;
        }
        let mut states = self.breakers.states();
        if let Some(state) = states.get_mut(&self.upstream)
            && let State::Trying { rest } = *state
        {
            *state = State::Open {
                until: Instant::now(),
                rest,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_upstream_that_fails_is_left_alone_and_tried_by_one_call_at_a_time() {
        let breakers = Arc::new(Breakers::default());
        let (one, other) = (
            UpstreamId::from_uuid(Uuid::from_u128(1)),
            UpstreamId::from_uuid(Uuid::from_u128(2)),
        );
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let ask = |seconds| breakers.ask(one, at(seconds));
        let left_alone = |seconds| ask(seconds).err();
        for _ in 0..4 {
            ask(0).unwrap().failed(start);
        }
        ask(0).unwrap().answered();
        for _ in 0..5 {
            assert_eq!(left_alone(0), None, "an answer in between begins the count anew");
            ask(0).unwrap().failed(start);
        }
        assert_eq!(left_alone(1), Some(Duration::from_secs(4)));
        assert!(breakers.ask(other, start).is_ok(), "another upstream is asked");
        let trial = ask(5).unwrap();
        assert!(left_alone(5).is_some(), "one call tries");
        trial.failed(at(5));
        assert_eq!(left_alone(5), Some(Duration::from_secs(10)), "twice as long");
        let trial = ask(15).unwrap();
        drop(trial);
        let trial = ask(15).unwrap();
        trial.answered();
        assert!(ask(15).is_ok() && ask(15).is_ok());
    }
}
