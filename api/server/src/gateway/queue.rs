//! The fair queue in front of each upstream, in the memory of this process: who is next is decided by
//! [`governance::access::FairQueue`]; here is the waiting. It serves where nobody keeps a queue for all servers
//! ([`super::shared_queue`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governance::access::{FairQueue, WEIGHT_MAX};
use governance::id::{CoopId, MemberId, UpstreamId};
use tokio::sync::oneshot;

use super::meter::{Admission, ModelTarget};

/// How long one call takes, as long as nothing is known of it.
pub const CALL_TIME: Duration = Duration::from_secs(2);

type Flow = (CoopId, MemberId);

/// The queues of this process.
pub struct Queues {
    lanes: Mutex<HashMap<UpstreamId, Lane>>,
    depth_max: usize,
}

struct Lane {
    queue: FairQueue<Flow, u64>,
    slots: u32,
    next: u64,
    waiting: HashMap<u64, oneshot::Sender<()>>,
    /// How long a call took of late.
    mean: Duration,
}

/// Too many wait already; about how long those will take.
pub struct Full(pub Duration);

/// A place in a queue. It has a slot once [`Place::turn`] is over, and gives up place or slot when it is dropped.
pub struct Place {
    queues: Arc<Queues>,
    upstream: UpstreamId,
    flow: Flow,
    ticket: u64,
    estimate: u64,
    turn: Option<oneshot::Receiver<()>>,
    began: Option<Instant>,
}

impl Queues {
    /// Queues in which so many may wait for each upstream.
    #[must_use]
    pub fn new(depth_max: usize) -> Self {
        Self {
            lanes: Mutex::new(HashMap::new()),
            depth_max,
        }
    }

    /// How many wait, over all upstreams.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.lanes().values().map(|lane| lane.queue.depth()).sum()
    }

    /// Takes a place for an admitted call.
    ///
    /// # Errors
    /// [`Full`].
    pub fn enter(self: &Arc<Self>, target: &ModelTarget, admission: &Admission) -> Result<Place, Full> {
        let flow = (admission.coop, admission.member);
        let mut lanes = self.lanes();
        let slots = target.slots.max(1);
        let lane = lanes
            .entry(target.upstream)
            .or_insert_with(|| Lane::new(slots, self.depth_max));
        if lane.slots != slots && lane.queue.depth() == 0 && lane.queue.running() == 0 {
            *lane = Lane::new(slots, self.depth_max);
        }
        let ticket = lane.next;
        lane.next = lane.next.saturating_add(1);
        let weight = admission.weight.clamp(1, WEIGHT_MAX);
        if lane.queue.arrive(flow, weight, ticket, admission.tokens_max()).is_err() {
            return Err(Full(lane.estimate(self.depth_max)));
        }
        let (tell, turn) = oneshot::channel();
        lane.waiting.insert(ticket, tell);
        lane.advance();
        drop(lanes);
        Ok(Place {
            queues: Arc::clone(self),
            upstream: target.upstream,
            flow,
            ticket,
            estimate: admission.tokens_max(),
            turn: Some(turn),
            began: None,
        })
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<UpstreamId, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    fn new(slots: u32, depth_max: usize) -> Self {
        Self {
            queue: FairQueue::new(slots, depth_max),
            slots,
            next: 0,
            waiting: HashMap::new(),
            mean: CALL_TIME,
        }
    }

    /// Tells those whose turn it is. Who is gone meanwhile leaves by itself.
    fn advance(&mut self) {
        while let Some(ticket) = self.queue.dispatch() {
            if let Some(turn) = self.waiting.remove(&ticket) {
                let _ = turn.send(());
            }
        }
    }

    /// About how long it takes until so many are served.
    fn estimate(&self, ahead: usize) -> Duration {
        let rounds = u32::try_from(ahead)
            .unwrap_or(u32::MAX)
            .saturating_add(1)
            .div_ceil(self.slots.max(1));
        self.mean.saturating_mul(rounds)
    }
}

impl Place {
    /// Ends when it is the turn of this place; to be called once, and [`Self::begin`] after it.
    pub fn turn(&mut self) -> impl Future<Output = ()> + use<> {
        let turn = self.turn.take();
        async move {
            if let Some(turn) = turn {
                // The sender lives in the lane until the turn comes; a lane is only made anew when nobody waits.
                let _ = turn.await;
            }
        }
    }

    /// The turn came: from now on the slot is in use.
    pub fn begin(&mut self) {
        self.began = Some(Instant::now());
    }

    /// How many are served before, from 1, and about how long that takes.
    #[must_use]
    pub fn position(&self) -> Option<(usize, Duration)> {
        let lanes = self.queues.lanes();
        let lane = lanes.get(&self.upstream)?;
        let ahead = lane.queue.position(self.ticket)?;
        Some((ahead.saturating_add(1), lane.estimate(ahead)))
    }

    /// The call took so many tokens; what differs from what it might have taken is given back to its member's turn.
    pub fn end(mut self, tokens: u64) {
        self.leave(tokens);
        self.began = None;
    }

    fn leave(&self, tokens: u64) {
        let mut lanes = self.queues.lanes();
        let Some(lane) = lanes.get_mut(&self.upstream) else {
            return;
        };
        lane.waiting.remove(&self.ticket);
        if !lane.queue.leave(self.flow, self.ticket) {
            lane.queue.settle(self.ticket, tokens);
        }
        if let Some(began) = self.began {
            lane.mean = lane.mean.saturating_mul(7).saturating_add(began.elapsed()) / 8;
        }
        lane.advance();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // After `end` the ticket is settled, and settling again changes nothing.
        self.leave(self.estimate);
    }
}
