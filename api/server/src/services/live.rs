//! What open pages are told as it happens: server-sent events (HTML, section 9.2).
//!
//! An event tells how a thing stands, never what changed, and its id is a hash of that. So whoever comes back with `Last-Event-ID`,
//! to whichever server, gets what stands now unless it is what was told last, and nothing has to be remembered. A thing is looked at
//! once for all who follow it, and by nobody while nobody does. A stream ends by itself after some minutes; who comes back proves
//! the right to it anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::Stream;
use governance::hash::{sha256, to_hex};
use governance::id::{AccountId, CoopId, PayoutCycleId, ProposalId};
use serde::Serialize;
use store::decision::ballot::turnout;
use store::decision::proposal::proposal_read;
use store::revenue::{approval_list, cycle_get};
use store::{Store, StoreError};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use wire::live::LiveCycle;
use wire::problem::ProblemKind;

use crate::causes;
use crate::problem::Problem;
use crate::services::results;

/// How often a thing is looked at that somebody follows.
const LOOK_PERIOD: Duration = Duration::from_secs(1);
/// How often a stream says that it is there, so that no proxy takes it for dead.
const BEAT_PERIOD: Duration = Duration::from_secs(15);
/// How long a stream lasts: a session that ended, or a membership, follows no longer than this.
const STREAM_LIFE: Duration = Duration::from_secs(300);
/// The most streams of this process.
const STREAMS_MAX: usize = 2_048;
/// The most streams of one account: as many pages as a person has open.
const STREAMS_OF_ACCOUNT_MAX: usize = 12;
/// What a browser does when a stream ends: it comes again after this many milliseconds.
const RETRY_MS: u32 = 2_000;

/// A thing that can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A proposal.
    Proposal(ProposalId),
    /// A payout cycle.
    Cycle(PayoutCycleId),
}

/// How a thing stands, as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    id: String,
    frame: String,
}

impl Told {
    fn of(event: &str, data: &impl Serialize) -> Result<Self, LookError> {
        let data = serde_json::to_string(data).map_err(|error| LookError::Damaged(error.to_string()))?;
        let id = to_hex(&sha256(data.as_bytes()).as_bytes()[..8]);
        let frame = format!("id: {id}\nevent: {event}\ndata: {data}\n\n");
        Ok(Self { id, frame })
    }
}

#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error("the database did not answer")]
    Store(#[from] StoreError),
    #[error("what is followed cannot be told: {0}")]
    Damaged(String),
}

/// All that is followed in this process.
pub struct Live {
    store: Store,
    // Request threads come and go; whoever looks must stay.
    runtime: Handle,
    shared: Arc<Mutex<Shared>>,
    stopping: watch::Sender<bool>,
}

#[derive(Default)]
struct Shared {
    topics: HashMap<(CoopId, Topic), watch::Sender<Told>>,
    accounts: HashMap<AccountId, usize>,
    streams: usize,
}

/// A place among the streams, given back when it is dropped.
struct Place {
    shared: Arc<Mutex<Shared>>,
    account: AccountId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut shared = lock(&self.shared);
        shared.streams = shared.streams.saturating_sub(1);
        if let Some(count) = shared.accounts.get_mut(&self.account) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                shared.accounts.remove(&self.account);
            }
        }
    }
}

/// Counts and maps stay right whatever panicked beside them.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stream on its way.
struct Following {
    told: watch::Receiver<Told>,
    stopping: watch::Receiver<bool>,
    last: Option<String>,
    ends_at: Instant,
    has_begun: bool,
    _place: Place,
}

impl Live {
    /// Needs a running multi-threaded runtime.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self {
            store,
            runtime: Handle::current(),
            shared: Arc::default(),
            stopping: watch::Sender::new(false),
        }
    }

    /// Ends every stream, for a server that stops.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Follows a thing of a co-op for an account that may see it; `last` is the id of what it was told last.
    ///
    /// # Errors
    /// 404 where there is none, 429 and 503 where too many are followed.
    pub async fn follow(
        &self,
        (account, coop): (AccountId, CoopId),
        topic: Topic,
        last: Option<String>,
    ) -> Result<impl Stream<Item = String> + use<>, Problem> {
        let place = self.place(account)?;
        let following = Following {
            told: self.subscribe(coop, topic).await?,
            stopping: self.stopping.subscribe(),
            last,
            ends_at: Instant::now() + STREAM_LIFE,
            has_begun: false,
            _place: place,
        };
        Ok(futures_util::stream::unfold(following, |mut following| async move {
            let frame = following.next().await?;
            Some((frame, following))
        }))
    }

    fn place(&self, account: AccountId) -> Result<Place, Problem> {
        let mut shared = lock(&self.shared);
        if shared.streams >= STREAMS_MAX {
            return Err(Problem::busy());
        }
        let count = shared.accounts.entry(account).or_default();
        if *count >= STREAMS_OF_ACCOUNT_MAX {
            let detail =
                format!("You follow {STREAMS_OF_ACCOUNT_MAX} things at once, which is the most. Close a page.");
            return Err(Problem::new(ProblemKind::TooManyRequests, detail).retry_after(30));
        }
        *count += 1;
        shared.streams += 1;
        Ok(Place {
            shared: Arc::clone(&self.shared),
            account,
        })
    }

    async fn subscribe(&self, coop: CoopId, topic: Topic) -> Result<watch::Receiver<Told>, Problem> {
        if let Some(sender) = lock(&self.shared).topics.get(&(coop, topic)) {
            return Ok(sender.subscribe());
        }
        let told = match look(&self.store, coop, topic).await {
            Ok(told) => told.ok_or_else(Problem::not_found)?,
            Err(LookError::Store(error)) => return Err(error.into()),
            Err(error @ LookError::Damaged(_)) => return Err(Problem::internal(error)),
        };
        let mut shared = lock(&self.shared);
        // Another request may have been quicker meanwhile.
        if let Some(sender) = shared.topics.get(&(coop, topic)) {
            return Ok(sender.subscribe());
        }
        let (sender, receiver) = watch::channel(told);
        shared.topics.insert((coop, topic), sender);
        self.runtime.spawn(keep_looking(
            self.store.clone(),
            Arc::clone(&self.shared),
            (coop, topic),
        ));
        Ok(receiver)
    }
}

/// Looks until nobody follows any more.
async fn keep_looking(store: Store, shared: Arc<Mutex<Shared>>, (coop, topic): (CoopId, Topic)) {
    loop {
        tokio::time::sleep(LOOK_PERIOD).await;
        {
            let mut shared = lock(&shared);
            if shared
                .topics
                .get(&(coop, topic))
                .is_none_or(|sender| sender.receiver_count() == 0)
            {
                shared.topics.remove(&(coop, topic));
                return;
            }
        }
        match look(&store, coop, topic).await {
            Ok(Some(told)) => {
                if let Some(sender) = lock(&shared).topics.get(&(coop, topic)) {
                    sender.send_if_modified(|last| {
                        let is_new = *last != told;
                        *last = told;
                        is_new
                    });
                }
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(error.cause = %causes::chain(&error), "what is followed could not be looked at");
            }
        }
    }
}

async fn look(store: &Store, coop: CoopId, topic: Topic) -> Result<Option<Told>, LookError> {
    let mut tx = store.coop_tx("live_look", coop).await?;
    let told = match topic {
        Topic::Proposal(id) => match proposal_read(&mut tx, id).await? {
            Some(row) => {
                let cast = turnout(&mut tx, id).await?;
                let stands = results::live(&row, cast).map_err(|damage| LookError::Damaged(damage.to_string()))?;
                stands.map(|stands| Told::of("proposal", &stands)).transpose()?
            }
            None => None,
        },
        Topic::Cycle(id) => match cycle_get(&mut tx, id, false).await? {
            Some(row) => {
                let approvals = approval_list(&mut tx, id).await?.len();
                let stands = LiveCycle {
                    state: row.state,
                    reversed_at: row.reversed_at,
                    approvals: u64::try_from(approvals).unwrap_or(u64::MAX),
                };
                Some(Told::of("cycle", &stands)?)
            }
            None => None,
        },
    };
    tx.commit().await?;
    Ok(told)
}

impl Following {
    /// What is to be sent next; `None` ends the stream.
    async fn next(&mut self) -> Option<String> {
        if !self.has_begun {
            self.has_begun = true;
            let retry = format!("retry: {RETRY_MS}\n\n");
            let now = self.told.borrow_and_update().clone();
            let is_known = self.last.as_ref() == Some(&now.id);
            let rest = if is_known { "" } else { &now.frame };
            return Some(retry + rest);
        }
        let beat = (Instant::now() + BEAT_PERIOD).min(self.ends_at);
        tokio::select! {
            changed = timeout_at(beat, self.told.changed()) => match changed {
                Ok(Ok(())) => Some(self.told.borrow_and_update().frame.clone()),
                Ok(Err(_)) => None,
                Err(_) if Instant::now() >= self.ends_at => None,
                Err(_) => Some(String::from(":\n\n")),
            },
            _ = self.stopping.wait_for(|stopping| *stopping) => None,
        }
    }
}
