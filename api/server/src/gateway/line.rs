//! The line to one client: frames go out in bounded number, a sign of life every few seconds, and whoever hangs up is noticed.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until};

use super::content::Content;
use super::error::GatewayError;
use super::hold::StopSign;
use super::meter::HoldState;

/// What is sent to the side that speaks to the client.
pub enum Sent {
    /// The answer begins.
    Head(Head),
    /// Bytes of a stream.
    Frame(Bytes),
    /// The whole answer.
    Whole(Content<Value>),
    /// It ends badly.
    Failed(GatewayError),
}

/// What an answer's head says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The limit of output is lower than what was asked for.
    pub is_clamped: bool,
    /// The model that answers, where it is another than the one asked for.
    pub fallback: Option<String>,
}

/// Why a call ends before its answer does.
pub enum Trouble {
    /// The client left.
    Gone,
    /// It failed.
    Failed {
        /// What the client is told.
        error: GatewayError,
        /// What is booked.
        state: HoldState,
    },
}

impl Trouble {
    /// It failed for the upstream's sake.
    #[must_use]
    pub const fn upstream(error: GatewayError) -> Self {
        Self::Failed {
            error,
            state: HoldState::UpstreamFailed,
        }
    }
}

/// The line.
pub struct Line {
    client: mpsc::Sender<Sent>,
    stop: Arc<StopSign>,
    deadline: Instant,
    beat: Interval,
    is_streamed: bool,
    head: Option<Head>,
}

impl Line {
    /// A line that ends in `total` at the latest.
    #[must_use]
    pub fn new(
        client: mpsc::Sender<Sent>,
        stop: Arc<StopSign>,
        is_streamed: bool,
        total: Duration,
        beat: Duration,
    ) -> Self {
        let now = Instant::now();
        let mut beat = interval_at(now + beat, beat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            client,
            stop,
            deadline: now + total,
            beat,
            is_streamed,
            head: Some(Head {
                is_clamped: false,
                fallback: None,
            }),
        }
    }

    /// What the head says, if it is not gone yet.
    pub fn say_in_head(&mut self, head: Head) {
        if self.head.is_some() {
            self.head = Some(head);
        }
    }

    /// Waits for something, with signs of life to a client that streams; `comment` is what such a sign says.
    ///
    /// # Errors
    /// [`Trouble`] where the client leaves, the call must stop, or it takes too long in all.
    pub async fn wait<T>(&mut self, work: impl Future<Output = T>, comment: impl Fn() -> String) -> Result<T, Trouble> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                () = self.client.closed() => return Err(Trouble::Gone),
                why = self.stop.raised() => {
                    return Err(Trouble::Failed { error: GatewayError::stopped(why), state: HoldState::ClientGone });
                }
                () = sleep_until(self.deadline) => return Err(Trouble::upstream(GatewayError::upstream_timeout())),
                done = &mut work => return Ok(done),
                _ = self.beat.tick(), if self.is_streamed => {
                    // Where the client does not read there is no use in more; the write that waits already will tell.
                    let head = self.head.take();
                    let bytes = Bytes::from(format!(": {}\n\n", comment()));
                    if head.is_none_or(|head| self.client.try_send(Sent::Head(head)).is_ok()) {
                        let _ = self.client.try_send(Sent::Frame(bytes));
                    }
                }
            }
        }
    }

    /// Sends bytes of a stream.
    ///
    /// # Errors
    /// As [`Self::wait`].
    pub async fn frame(&mut self, bytes: Vec<u8>) -> Result<(), Trouble> {
        self.begin().await?;
        self.send(Sent::Frame(Bytes::from(bytes))).await
    }

    /// Sends the whole answer.
    ///
    /// # Errors
    /// As [`Self::wait`].
    pub async fn whole(&mut self, answer: Content<Value>) -> Result<(), Trouble> {
        self.begin().await?;
        self.send(Sent::Whole(answer)).await
    }

    /// Says that it ends badly, to whoever still listens.
    pub async fn failed(self, error: GatewayError) {
        let _ = self
            .client
            .send_timeout(Sent::Failed(error), Duration::from_secs(5))
            .await;
    }

    async fn begin(&mut self) -> Result<(), Trouble> {
        match self.head.take() {
            Some(head) => self.send(Sent::Head(head)).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, sent: Sent) -> Result<(), Trouble> {
        let client = self.client.clone();
        self.beat.reset();
        self.wait(client.send(sent), String::new)
            .await?
            .map_err(|_| Trouble::Gone)
    }
}
