//! Hot work combines: requests that arrive while the database is busy share its next round trip, each answered on its own.
//!
//! Nothing waits for company: a request that finds a lane idle goes at once. While a lane works, others gather, so the more is
//! asked the larger the batches become, up to [`BATCH_MAX`].

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

/// The most requests of one batch.
pub const BATCH_MAX: usize = 64;
/// The most requests that wait; more are refused at once, so that a flood is felt as a refusal and not as memory.
const WAITING_MAX: usize = 4_096;

/// The queue is full or the program is ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much is waiting already")]
pub struct Overloaded;

type Waiting<Q, A> = (Q, oneshot::Sender<A>);

/// A queue in front of work that is done for many at once.
pub struct Combiner<Q, A> {
    queue: mpsc::Sender<Waiting<Q, A>>,
}

impl<Q, A> Clone for Combiner<Q, A> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
        }
    }
}

impl<Q: Send + 'static, A: Send + 'static> Combiner<Q, A> {
    /// Starts `lanes` workers on the current runtime; each takes what has gathered and gives it to `work`, which answers every
    /// question of the batch in its order.
    pub fn start<W, F>(lanes: usize, work: W) -> Self
    where
        W: Fn(Vec<Q>) -> F + Send + Sync + 'static,
        F: Future<Output = Vec<A>> + Send,
    {
        let (queue, receiver) = mpsc::channel::<Waiting<Q, A>>(WAITING_MAX);
        let receiver = Arc::new(Mutex::new(receiver));
        let work = Arc::new(work);
        for _ in 0..lanes.max(1) {
            let (receiver, work) = (Arc::clone(&receiver), Arc::clone(&work));
            tokio::spawn(async move {
                loop {
                    let mut batch = Vec::with_capacity(BATCH_MAX);
                    // The lock is held only while taking, so another lane takes the next batch while this one works.
                    if receiver.lock().await.recv_many(&mut batch, BATCH_MAX).await == 0 {
                        return;
                    }
                    let (questions, askers): (Vec<Q>, Vec<oneshot::Sender<A>>) = batch.into_iter().unzip();
                    let answers = work(questions).await;
                    for (asker, answer) in askers.into_iter().zip(answers) {
                        // Whoever left does not need the answer; what was done stays done.
                        let _ = asker.send(answer);
                    }
                }
            });
        }
        Self { queue }
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// [`Overloaded`].
    pub async fn ask(&self, question: Q) -> Result<A, Overloaded> {
        let (asker, answer) = oneshot::channel();
        self.queue.try_send((question, asker)).map_err(|_| Overloaded)?;
        answer.await.map_err(|_| Overloaded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn questions_that_gather_are_answered_together_and_each_on_its_own() {
        let combiner = Combiner::start(1, |batch: Vec<u32>| async move {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            let size = batch.len();
            batch.into_iter().map(|number| (number, size)).collect()
        });
        let asks = (0..200).map(|number| {
            let combiner = combiner.clone();
            async move { (number, combiner.ask(number).await.unwrap()) }
        });
        let answers = futures_util::future::join_all(asks).await;
        assert!(answers.iter().all(|(asked, (answered, _))| asked == answered));
        assert!(answers.iter().any(|(_, (_, size))| *size > 1));
        assert!(answers.iter().all(|(_, (_, size))| *size <= BATCH_MAX));
    }
}
