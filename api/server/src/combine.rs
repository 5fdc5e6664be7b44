//! Hot work combines: requests about one thing that arrive together share a round trip to the database, each answered on its own.
//!
//! Each key (a co-op, say) has a lane of its own, so that what one waits for holds up no other. A lane takes all that has gathered,
//! up to [`BATCH_MAX`], works, and takes again. It waits for company only where it had some a moment ago: after a batch of ten it
//! gives five the time to come back, [`Limits::gathering_time`] at most, since a batch of five costs the database hardly more than one.
//! Were it to wait for all ten, the database would rest while they are answered and ask again, and they while it works; so those who
//! ask fall into two halves that take turns. Whoever comes alone never waits.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

/// The most requests of one batch.
pub const BATCH_MAX: usize = 64;
/// A lane waits for as many as came last time, divided by this.
const COMPANY_DIVISOR: usize = 2;

/// How far a combiner goes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most requests that wait or are worked on; more are refused at once, so that a flood is felt as a refusal and not as memory.
    pub asking_max: usize,
    /// How long a lane waits for company.
    pub gathering_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            asking_max: 4_096,
            gathering_time: Duration::from_millis(2),
        }
    }
}

/// Too many ask, or the program is ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much is waiting already")]
pub struct Overloaded;

type Waiting<Q, A> = (Q, oneshot::Sender<A>);
type Working<A> = Pin<Box<dyn Future<Output = Vec<A>> + Send>>;

/// Queues in front of work that is done for many at once.
pub struct Combiner<K, Q, A> {
    shared: Arc<Shared<K, Q, A>>,
    asking: Semaphore,
    runtime: Handle,
}

struct Shared<K, Q, A> {
    /// The lanes that work or wait. A question is put in under this lock and a lane ends under it, so none is left behind.
    lanes: Mutex<HashMap<K, mpsc::UnboundedSender<Waiting<Q, A>>>>,
    gathering_time: Duration,
    work: Box<dyn Fn(K, Vec<Q>) -> Working<A> + Send + Sync>,
}

impl<K, Q, A> Combiner<K, Q, A>
where
    K: Copy + Eq + Hash + Send + 'static,
    Q: Send + 'static,
    A: Send + 'static,
{
    /// Prepares lanes on the current runtime, which must outlive those who ask; `work` answers every question of a batch in its
    /// order.
    pub fn start<W, F>(limits: Limits, work: W) -> Self
    where
        W: Fn(K, Vec<Q>) -> F + Send + Sync + 'static,
        F: Future<Output = Vec<A>> + Send + 'static,
    {
        Self {
            shared: Arc::new(Shared {
                lanes: Mutex::new(HashMap::new()),
                gathering_time: limits.gathering_time,
                work: Box::new(move |key, batch| Box::pin(work(key, batch))),
            }),
            asking: Semaphore::new(limits.asking_max),
            runtime: Handle::current(),
        }
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// [`Overloaded`].
    pub async fn ask(&self, key: K, question: Q) -> Result<A, Overloaded> {
        let _place = self.asking.try_acquire().map_err(|_| Overloaded)?;
        let (asker, answer) = oneshot::channel();
        self.put(key, (question, asker))?;
        answer.await.map_err(|_| Overloaded)
    }

    fn put(&self, key: K, waiting: Waiting<Q, A>) -> Result<(), Overloaded> {
        let mut lanes = self.shared.lanes();
        // A lane that is closed and still on the list broke down at work; it is replaced.
        let lane = lanes.get(&key).filter(|lane| !lane.is_closed()).cloned();
        let lane = lane.unwrap_or_else(|| {
            let (lane, gathered) = mpsc::unbounded_channel();
            self.runtime.spawn(run(Arc::clone(&self.shared), key, gathered));
            lanes.insert(key, lane.clone());
            lane
        });
        lane.send(waiting).map_err(|_| Overloaded)
    }
}

impl<K, Q, A> Shared<K, Q, A> {
    fn lanes(&self) -> MutexGuard<'_, HashMap<K, mpsc::UnboundedSender<Waiting<Q, A>>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Works until nobody waits.
async fn run<K, Q, A>(shared: Arc<Shared<K, Q, A>>, key: K, mut gathered: mpsc::UnboundedReceiver<Waiting<Q, A>>)
where
    K: Copy + Eq + Hash,
{
    let mut company = 1;
    loop {
        let batch = gather(&mut gathered, company, shared.gathering_time).await;
        if batch.is_empty() {
            let mut lanes = shared.lanes();
            if gathered.is_empty() {
                lanes.remove(&key);
                return;
            }
            continue;
        }
        company = (batch.len() / COMPANY_DIVISOR).max(1);
        let (questions, askers): (Vec<Q>, Vec<oneshot::Sender<A>>) = batch.into_iter().unzip();
        let answers = (shared.work)(key, questions).await;
        for (asker, answer) in askers.into_iter().zip(answers) {
            // Whoever left does not need the answer; what was done stays done.
            let _ = asker.send(answer);
        }
    }
}

/// What has gathered, once it is `company` or time is up; nothing if nobody came.
async fn gather<T>(gathered: &mut mpsc::UnboundedReceiver<T>, company: usize, time: Duration) -> Vec<T> {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while batch.len() < BATCH_MAX
        && let Ok(next) = gathered.try_recv()
    {
        batch.push(next);
    }
    let until = Instant::now() + time;
    while batch.len() < company {
        let room = BATCH_MAX.saturating_sub(batch.len());
        match timeout_at(until, gathered.recv_many(&mut batch, room)).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    batch
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn questions_that_gather_are_answered_together_and_each_on_its_own() {
        let combiner = Combiner::start(Limits::default(), |(), batch: Vec<u32>| async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let size = batch.len();
            batch.into_iter().map(|number| (number, size)).collect()
        });
        let asks = (0..200).map(|number| {
            let combiner = &combiner;
            async move { (number, combiner.ask((), number).await.unwrap()) }
        });
        let answers = join_all(asks).await;
        assert!(answers.iter().all(|(asked, (answered, _))| asked == answered));
        assert!(answers.iter().any(|(_, (_, size))| *size > 1));
        assert!(answers.iter().all(|(_, (_, size))| *size <= BATCH_MAX));
        tokio::time::sleep(Limits::default().gathering_time * 4).await;
        assert!(combiner.shared.lanes().is_empty(), "a lane that nobody needs ends");
    }

    #[tokio::test]
    async fn one_key_does_not_hold_up_another() {
        let stuck = Arc::new(Notify::new());
        let combiner = Combiner::start(Limits::default(), {
            let stuck = Arc::clone(&stuck);
            move |key: u8, batch: Vec<u8>| {
                let stuck = Arc::clone(&stuck);
                async move {
                    if key == 0 {
                        stuck.notified().await;
                    }
                    batch
                }
            }
        });
        let (first, second) = tokio::join!(combiner.ask(0, 7), async {
            let answer = combiner.ask(1, 9).await;
            stuck.notify_one();
            answer
        });
        assert_eq!((first, second), (Ok(7), Ok(9)));
    }

    #[tokio::test]
    async fn more_than_may_wait_are_refused_and_a_lane_that_broke_is_replaced() {
        let calls = Arc::new(AtomicUsize::new(0));
        let combiner = Combiner::start(Limits::default(), {
            let calls = Arc::clone(&calls);
            move |(), batch: Vec<usize>| {
                let calls = Arc::clone(&calls);
                async move {
                    assert!(calls.fetch_add(1, Ordering::Relaxed) > 0, "the first batch breaks down");
                    batch
                }
            }
        });
        assert_eq!(combiner.ask((), 1).await, Err(Overloaded));
        assert_eq!(combiner.ask((), 2).await, Ok(2));
        let answers = join_all((0..=Limits::default().asking_max).map(|number| combiner.ask((), number))).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 1);
    }
}
