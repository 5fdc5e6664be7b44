//! What is set aside for the calls that run, and that each of it is settled: also when a client leaves, when we fail, and at last by
//! its lease.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use governance::id::HoldId;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::meter::{Admission, HoldState, Meter, Outcome, Settlement, Stop};
use super::metrics::GatewayMetrics;
use super::usage::{Bounds, Evidence, Judged};

/// How long to wait before each further try to settle; after the last the hold falls to its lease.
const TRIES: [Duration; 3] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
];
/// The most leases that are extended with one question.
const RENEWED_MAX: usize = 1_024;

/// The holds of the calls of this process.
pub struct Books {
    meter: Arc<dyn Meter>,
    open: Mutex<HashMap<HoldId, Arc<StopSign>>>,
    runtime: Handle,
    metrics: GatewayMetrics,
}

/// Tells a running call that it must stop, and why. Once raised it stays so.
#[derive(Default)]
pub struct StopSign {
    why: OnceLock<Stop>,
    told: Notify,
}

impl StopSign {
    /// Raises it; what it says first it says for good.
    pub fn raise(&self, why: Stop) {
        if self.why.set(why).is_ok() {
            self.told.notify_one();
        }
    }

    /// Waits until it is raised.
    pub async fn raised(&self) -> Stop {
        loop {
            // The permit of a notice that came before this wait is kept, so none is missed between the two lines.
            match self.why.get() {
                Some(why) => return *why,
                None => self.told.notified().await,
            }
        }
    }
}

/// The hold of one call. Whatever happens to the call, it is settled by what is known then: dropping it settles it.
pub struct Hold {
    books: Arc<Books>,
    id: HoldId,
    bounds: Bounds,
    /// What is known of its usage.
    pub evidence: Evidence,
    /// Whether an upstream was asked, and did not refuse.
    pub is_sent: bool,
    /// Whether a byte of the answer reached us.
    pub first_byte: bool,
    /// Which of the fallbacks answers.
    pub fallback: Option<usize>,
    stop: Arc<StopSign>,
    is_settled: bool,
}

impl Books {
    /// Books that are kept by a meter. Leases are extended each `period` as long as they live.
    pub fn start(meter: Arc<dyn Meter>, metrics: GatewayMetrics, period: Duration) -> Arc<Self> {
        let books = Arc::new(Self {
            meter,
            open: Mutex::new(HashMap::new()),
            runtime: Handle::current(),
            metrics,
        });
        books.runtime.spawn(renew(Arc::downgrade(&books), period));
        books
    }

    /// Opens the hold of an admitted call.
    #[must_use]
    pub fn hold(self: &Arc<Self>, admission: &Admission, bounds: Bounds) -> Hold {
        let stop = Arc::<StopSign>::default();
        self.open().insert(admission.hold, Arc::clone(&stop));
        Hold {
            books: Arc::clone(self),
            id: admission.hold,
            bounds,
            evidence: Evidence::default(),
            is_sent: false,
            first_byte: false,
            fallback: None,
            stop,
            is_settled: false,
        }
    }

    /// How many calls run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.open().len()
    }

    fn open(&self) -> MutexGuard<'_, HashMap<HoldId, Arc<StopSign>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn settle(&self, id: HoldId, outcome: Outcome) -> Option<Settlement> {
        if outcome.flagged {
            self.metrics.flagged.inc();
        }
        for wait in TRIES.into_iter().map(Some).chain([None]) {
            match (self.meter.settle(id, &outcome).await, wait) {
                (Ok(settlement), _) => {
                    self.metrics.excess.inc_by(settlement.excess);
                    return Some(settlement);
                }
                (Err(_), Some(wait)) => tokio::time::sleep(wait).await,
                (Err(fault), None) => {
                    tracing::error!(hold.id = %id, error.cause = %fault, "a call was not settled; its lease will end it");
                }
            }
        }
        None
    }
}

/// Extends the leases of what runs, and stops what must not run on.
async fn renew(books: Weak<Books>, period: Duration) {
    loop {
        tokio::time::sleep(period).await;
        let Some(books) = books.upgrade() else {
            return;
        };
        let ids: Vec<HoldId> = books.open().keys().copied().collect();
        for ids in ids.chunks(RENEWED_MAX) {
            match books.meter.renew(ids).await {
                Ok(ended) => {
                    let open = books.open();
                    for (id, why) in ended {
                        if let Some(stop) = open.get(&id) {
                            stop.raise(why);
                        }
                    }
                }
                Err(fault) => tracing::warn!(error.cause = %fault, "leases of running calls were not extended"),
            }
        }
    }
}

impl Hold {
    /// Told once where the call must stop.
    #[must_use]
    pub fn stop(&self) -> Arc<StopSign> {
        Arc::clone(&self.stop)
    }

    /// What the call took of the tool as far as is known, in tokens: all that it might, where nothing tells.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        let most = self.bounds.input.saturating_add(self.bounds.output);
        let used = self.evidence.judge(self.bounds).usage;
        match used.filter(|_| self.is_sent) {
            // An upstream that claims more than there was room for does not make its member wait for it.
            Some(usage) => usage.input.saturating_add(usage.output).min(most),
            None if self.is_sent => most,
            None => 0,
        }
    }

    /// Settles it; what was booked is not known where the books could not be written.
    pub async fn settle(mut self, state: HoldState) -> (Judged, Option<Settlement>) {
        let (judged, outcome) = self.outcome(state);
        // A renewal that finds it settled must not take its client's last words for those of a call that was cut.
        self.books.open().remove(&self.id);
        let settlement = self.books.settle(self.id, outcome).await;
        self.is_settled = true;
        (judged, settlement)
    }

    fn outcome(&self, state: HoldState) -> (Judged, Outcome) {
        let judged = self.evidence.judge(self.bounds);
        let outcome = Outcome {
            state: if self.is_sent { state } else { HoldState::NothingSent },
            usage: judged.usage,
            source: judged.source,
            first_byte: self.first_byte,
            fallback: self.fallback,
            flagged: judged.flagged,
        };
        (judged, outcome)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.books.open().remove(&self.id);
        if self.is_settled {
            return;
        }
        let (_, outcome) = self.outcome(HoldState::UpstreamFailed);
        let (books, id) = (Arc::clone(&self.books), self.id);
        self.books.runtime.spawn(async move { books.settle(id, outcome).await });
    }
}
