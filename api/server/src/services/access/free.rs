//! Calls that cost nothing: admitted by what this server knows of whoever calls, while a mark of the database says that it is so still.
//!
//! What a call is told when it is admitted hangs on its key, the member, the policy, the tools and models, and a halt. The database has a
//! mark of all of these ([`store::Store::access_marks`]), which is asked for before each call, many calls at once. As long as it is the one
//! under which a call like this was admitted before, this one is too; else it is looked up anew. So a key that was revoked is refused on
//! the very next call, as it is for calls that cost something.
//!
//! Nothing is set aside for such a call, so it is noted once it is over, many at once, and its client does not wait for that. One that
//! lasts longer than [`SHORT`] is noted as an open hold then, so that a server that dies forgets only the last moment.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use governance::access::{Ask as Size, Bound, Overhead, Price, Unfit, fit};
use governance::id::{CoopId, HoldId};
use store::access::meter::{AdmitAsk, CallNote, Open, SettleAsk};
use uuid::Uuid;

use super::batches::Batches;
use super::meter::LEASE_SECONDS;

/// The most ways of calling that are known; then all are forgotten and found again.
const KNOWN_MAX: usize = 2_048;
/// How long a call may run before it is noted as an open hold.
const SHORT: Duration = Duration::from_millis(250);
/// How often to look for such calls.
const LOOK: Duration = Duration::from_millis(100);
/// How long to wait before each further try to note a call.
const TRIES: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
];

/// Everything but its size that decides whether a call is admitted.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Shape {
    coop: CoopId,
    key: Uuid,
    macs: Vec<[u8; 32]>,
    client: Option<String>,
    endpoint: &'static str,
    model: String,
}

impl Shape {
    /// The shape of a call.
    #[must_use]
    pub fn of(coop: CoopId, ask: &AdmitAsk) -> Self {
        Self {
            coop,
            key: ask.key,
            macs: ask.macs.clone(),
            client: ask.client.clone(),
            endpoint: ask.endpoint,
            model: ask.model.clone(),
        }
    }
}

/// What is known of a shape.
#[derive(Clone)]
pub enum Standing {
    /// Its calls cost something, or others may answer them: the database admits each.
    Costs,
    /// Its calls cost nothing.
    Free(Arc<Free>),
}

/// How calls of a shape are admitted that cost nothing.
pub struct Free {
    /// The mark under which it is so.
    pub mark: String,
    open: Open,
}

/// A call that costs nothing, while it runs.
struct Running {
    coop: CoopId,
    since: Instant,
    note: CallNote,
    stage: Stage,
}

/// What becomes of a call that runs.
#[derive(Clone, Copy)]
enum Stage {
    /// Nobody has been told of it.
    Unnoted,
    /// It is just being noted as an open hold.
    Opening,
    /// It ended meanwhile. How is noted once it is known whether it is a hold, so that the two are never noted in one statement.
    Ended(SettleAsk),
}

/// The calls of this server that cost nothing.
pub struct FreeCalls {
    batches: Arc<Batches>,
    known: Mutex<HashMap<Shape, Standing>>,
    running: Mutex<HashMap<HoldId, Running>>,
    /// How many have ended and are not noted yet.
    ended: AtomicUsize,
    /// Told of each call that has become an open hold.
    opened: Box<dyn Fn(HoldId, CoopId) + Send + Sync>,
}

impl FreeCalls {
    /// Starts them on the current runtime; `opened` is told of each call that has become an open hold.
    pub fn start(batches: Arc<Batches>, opened: impl Fn(HoldId, CoopId) + Send + Sync + 'static) -> Arc<Self> {
        let calls = Arc::new(Self {
            batches,
            known: Mutex::default(),
            running: Mutex::default(),
            ended: AtomicUsize::new(0),
            opened: Box::new(opened),
        });
        tokio::spawn(open_those_that_last(Arc::downgrade(&calls)));
        calls
    }

    /// What is known of a shape.
    #[must_use]
    pub fn standing(&self, shape: &Shape) -> Option<Standing> {
        locked(&self.known).get(shape).cloned()
    }

    /// Learns from a call that the database admitted, after it had this mark where it was asked for one.
    pub fn learn(&self, shape: Shape, mark: Option<String>, open: &Open) {
        let target = &open.target;
        let prices = (target.price_input, target.price_output, target.price_call);
        let is_free = prices == (0, 0, 0) && open.fallbacks.is_empty();
        let mut known = locked(&self.known);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        match mark {
            Some(mark) if is_free => {
                let open = open.clone();
                let _ = known.insert(shape, Standing::Free(Arc::new(Free { mark, open })));
            }
            Some(_) => drop(known.insert(shape, Standing::Costs)),
            // It did cost something, and does no more: the next call asks for the mark.
            None if is_free => drop(known.remove(&shape)),
            None => {}
        }
    }

    /// Admits a call, which is noted when it ends.
    ///
    /// # Errors
    /// Where it does not fit the model.
    pub fn admit(&self, coop: CoopId, ask: &AdmitAsk, free: &Free) -> Result<Open, Unfit> {
        let open = sized(&free.open, ask)?;
        let note = CallNote {
            hold: ask.hold,
            key: ask.key,
            member: open.member,
            model: open.target.name.clone(),
            endpoint: ask.endpoint,
            input_max: open.input_max,
            policy_version: open.policy_version,
            rule: open.rule.clone(),
            expired_rule: open.expired_rule.clone(),
            age: Duration::ZERO,
            lease_seconds: LEASE_SECONDS,
            end: None,
        };
        let since = Instant::now();
        locked(&self.running).insert(
            ask.hold,
            Running {
                coop,
                since,
                note,
                stage: Stage::Unnoted,
            },
        );
        Ok(open)
    }

    /// Whether a call runs and is not noted yet.
    #[must_use]
    pub fn runs(&self, hold: HoldId) -> bool {
        locked(&self.running).contains_key(&hold)
    }

    /// Notes how a call ended, after this; whether it is one of these.
    pub fn end(self: &Arc<Self>, hold: HoldId, end: SettleAsk) -> bool {
        let mut running = locked(&self.running);
        let Some(call) = running.get_mut(&hold) else {
            return false;
        };
        match call.stage {
            // What is said first counts.
            Stage::Ended(_) => return true,
            Stage::Opening => call.stage = Stage::Ended(end),
            Stage::Unnoted => {
                if let Some(call) = running.remove(&hold) {
                    self.note(call, end);
                }
            }
        }
        self.ended.fetch_add(1, Ordering::Relaxed);
        true
    }

    fn note(self: &Arc<Self>, call: Running, end: SettleAsk) {
        let calls = Arc::clone(self);
        tokio::spawn(async move {
            note_end(&calls.batches, call, end).await;
            calls.ended.fetch_sub(1, Ordering::Relaxed);
        });
    }

    /// How many have ended and are not noted yet.
    #[must_use]
    pub fn unnoted(&self) -> usize {
        self.ended.load(Ordering::Relaxed)
    }

    /// Notes calls of these as open holds, as which they are renewed, settled and swept as all others.
    pub async fn open(self: &Arc<Self>, which: impl Fn(HoldId, Duration) -> bool) {
        let due: Vec<(CoopId, CallNote)> = locked(&self.running)
            .values_mut()
            .filter(|call| matches!(call.stage, Stage::Unnoted) && which(call.note.hold, call.since.elapsed()))
            .map(|call| {
                call.stage = Stage::Opening;
                let age = call.since.elapsed();
                (
                    call.coop,
                    CallNote {
                        age,
                        ..call.note.clone()
                    },
                )
            })
            .collect();
        join_all(due.into_iter().map(|(coop, note)| self.open_one(coop, note))).await;
    }

    async fn open_one(self: &Arc<Self>, coop: CoopId, note: CallNote) {
        let hold = note.hold;
        let noted = self.batches.note(coop, note).await;
        if let Err(fault) = &noted {
            tracing::warn!(hold.id = %hold, error.cause = %fault, "a call that lasts is not noted yet");
        }
        // At any moment it is one of these or known as a hold.
        let mut running = locked(&self.running);
        let Some(call) = running.get_mut(&hold) else {
            return;
        };
        if let Stage::Ended(end) = call.stage {
            if let Some(call) = running.remove(&hold) {
                self.note(call, end);
            }
        } else if noted.is_ok() {
            drop(running.remove(&hold));
            (self.opened)(hold, coop);
        } else {
            call.stage = Stage::Unnoted;
        }
    }
}

/// What a call of this size is told, given what one of its shape was told.
fn sized(known: &Open, ask: &AdmitAsk) -> Result<Open, Unfit> {
    let target = &known.target;
    let bound = Bound {
        price: Price {
            input: target.price_input,
            output: target.price_output,
            call: target.price_call,
        },
        overhead: Overhead {
            call: target.overhead_call,
            message: target.overhead_message,
        },
        context: target.context_tokens,
        output: target.output_tokens,
    };
    let size = Size {
        bytes: ask.bytes.into(),
        messages: ask.messages.into(),
        answers: ask.answers,
        output: ask.output.map(u64::from),
    };
    let fit = fit(&bound, &size, 0)?;
    Ok(Open {
        input_max: fit.input_max,
        output_max: fit.output_max,
        clamped: fit.clamped,
        units: fit.units,
        ..known.clone()
    })
}

/// Notes how a call ended, trying a few times.
async fn note_end(batches: &Batches, call: Running, end: SettleAsk) {
    let (coop, hold) = (call.coop, call.note.hold);
    let note = CallNote {
        age: call.since.elapsed(),
        end: Some(end),
        ..call.note
    };
    for wait in TRIES.into_iter().map(Some).chain([None]) {
        let mut noted = batches.note(coop, note.clone()).await;
        // Where it became a hold before it ended, the note changed nothing, and this settles it; else it is settled already.
        if noted.is_ok() && matches!(call.stage, Stage::Ended(_)) {
            noted = batches.settle(coop, hold, end).await.map(drop);
        }
        match (noted, wait) {
            (Ok(()), _) => return,
            (Err(_), Some(wait)) => tokio::time::sleep(wait).await,
            (Err(fault), None) => {
                tracing::error!(hold.id = %hold, error.cause = %fault, "a call that cost nothing is not noted");
            }
        }
    }
}

async fn open_those_that_last(calls: Weak<FreeCalls>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(calls) = calls.upgrade() else {
            return;
        };
        calls.open(|_, age| age > SHORT).await;
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
