//! The fair queue in front of an upstream that all servers share: who is next is decided in the database; here is the waiting.
//!
//! Each server has one worker for each upstream. It says in one round trip which of its calls came, which ended and which are still
//! there, and learns whose turn it is. Calls that come while a round is under way share the next one, so many calls cost few rounds.
//! While calls of this server wait, it looks again every few milliseconds, since slots are given up at other servers too.
//!
//! As long as nobody waits at any server, a call that costs nothing leaves its slot to the next such call of its member, which begins
//! without a round: it is as if the first had gone on. A slot that nobody wanted for [`LOOK`] is given up, and so are all of these as
//! soon as anybody waits. No counter differs by it, since what such calls are served counts nothing.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use governance::access::WEIGHT_MAX;
use governance::id::{CoopId, MemberId, UpstreamId};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use uuid::Uuid;

use super::queue::{CALL_TIME, Full};
use crate::gateway::meter::{Admission, MeterFault, ModelTarget};

/// How often a server looks whose turn it is while calls of it wait.
const LOOK: Duration = Duration::from_millis(20);
/// How often the calls that run keep their places.
const RENEW: Duration = Duration::from_secs(10);
/// How long to wait after a round that failed.
const PAUSE: Duration = Duration::from_millis(250);

/// Who keeps the queue.
#[async_trait]
pub trait Turns: Send + Sync {
    /// Takes a round of this server, whole or not at all.
    ///
    /// # Errors
    /// [`MeterFault`]; the same may be said again.
    async fn round(&self, lane: LaneName, round: &Round) -> Result<Told, MeterFault>;
}

/// Which queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LaneName {
    /// The co-op.
    pub coop: CoopId,
    /// Its upstream.
    pub upstream: UpstreamId,
}

/// What a server has to say.
#[derive(Debug, Clone, Default)]
pub struct Round {
    /// How many calls the upstream works on at once.
    pub slots: u32,
    /// How many may wait.
    pub depth_max: usize,
    /// Calls that came.
    pub enter: Vec<Entering>,
    /// Calls that ended or left, with the tokens they took.
    pub leave: Vec<(Uuid, u64)>,
    /// Calls that are there.
    pub ours: Vec<Uuid>,
}

/// A call that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entering {
    /// The call.
    pub ticket: Uuid,
    /// Its member.
    pub member: MemberId,
    /// The voted weight.
    pub weight: u32,
    /// The most tokens that it takes.
    pub tokens: u64,
}

/// What a server is told.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Calls that may not wait.
    pub refused: Vec<Uuid>,
    /// Calls that are there: 0 where it is their turn, else their place from 1.
    pub present: Vec<(Uuid, usize)>,
    /// Whether any call waits, of whichever server.
    pub waits: bool,
}

/// The queues of this server.
pub struct SharedQueues {
    turns: Arc<dyn Turns>,
    lanes: Mutex<HashMap<UpstreamId, Arc<Lane>>>,
    depth_max: usize,
    runtime: Handle,
}

struct Lane {
    name: LaneName,
    state: Mutex<State>,
    wake: Notify,
}

struct State {
    slots: u32,
    enter: Vec<Entering>,
    leave: Vec<(Uuid, u64)>,
    waiting: HashMap<Uuid, Waiting>,
    running: HashSet<Uuid>,
    /// Slots of calls that ended, for the next ones of their members; each is running as far as the queue knows.
    kept: Vec<Kept>,
    /// Whether anybody waited at the last look.
    is_contended: bool,
    /// Whether a worker is at it.
    is_worked: bool,
    /// Whether it looks again within [`LOOK`].
    is_watched: bool,
    /// How long a call took of late.
    mean: Duration,
}

struct Waiting {
    call: Entering,
    tell: oneshot::Sender<Result<(), Full>>,
    place: usize,
}

/// A slot that waits for the next call of a member.
struct Kept {
    ticket: Uuid,
    member: MemberId,
    since: Instant,
    /// What its calls took so far, in tokens.
    tokens: u64,
}

/// A place in the shared queue. It gives up place or slot when it is dropped.
pub struct SharedPlace {
    queues: Arc<SharedQueues>,
    lane: Arc<Lane>,
    call: Entering,
    /// Whether its call costs nothing, so that the next may have its slot.
    is_free: bool,
    /// What the calls took that had its slot before, in tokens.
    before: u64,
    turn: Option<oneshot::Receiver<Result<(), Full>>>,
    began: Option<Instant>,
    is_over: bool,
}

impl SharedQueues {
    /// Queues that somebody keeps, in which so many may wait for each upstream.
    #[must_use]
    pub fn new(turns: Arc<dyn Turns>, depth_max: usize) -> Self {
        Self {
            turns,
            lanes: Mutex::default(),
            depth_max,
            runtime: Handle::current(),
        }
    }

    /// How many calls of this server wait.
    #[must_use]
    pub fn depth(&self) -> usize {
        locked(&self.lanes)
            .values()
            .map(|lane| lane.state().waiting.len())
            .sum()
    }

    /// Takes a place for an admitted call.
    #[must_use]
    pub fn enter(self: &Arc<Self>, target: &ModelTarget, admission: &Admission) -> SharedPlace {
        let name = LaneName {
            coop: admission.coop,
            upstream: target.upstream,
        };
        let lane = Arc::clone(
            locked(&self.lanes)
                .entry(target.upstream)
                .or_insert_with(|| Arc::new(Lane::new(name))),
        );
        let mut call = Entering {
            ticket: Uuid::now_v7(),
            member: admission.member,
            weight: admission.weight.clamp(1, WEIGHT_MAX),
            tokens: admission.tokens_max(),
        };
        let is_free = admission.units_held == 0;
        let mut before = 0;
        let (tell, turn) = oneshot::channel();
        {
            let mut state = lane.state();
            state.slots = target.slots.max(1);
            if let Some(kept) = state.kept_for(call.member, is_free) {
                (call.ticket, before) = (kept.ticket, kept.tokens);
                let _ = tell.send(Ok(()));
            } else {
                state.enter.push(call);
                let place = state.waiting.len().saturating_add(1);
                state.waiting.insert(call.ticket, Waiting { call, tell, place });
                drop(state);
                self.see_to(&lane);
            }
        }
        SharedPlace {
            queues: Arc::clone(self),
            lane,
            call,
            is_free,
            before,
            turn: Some(turn),
            began: None,
            is_over: false,
        }
    }

    /// Makes sure that a worker is at a lane, and wakes it.
    fn see_to(&self, lane: &Arc<Lane>) {
        let was_worked = std::mem::replace(&mut lane.state().is_worked, true);
        if was_worked {
            lane.wake.notify_one();
        } else {
            self.runtime
                .spawn(work(Arc::clone(&self.turns), Arc::clone(lane), self.depth_max));
        }
    }
}

/// Speaks for the calls of this server at one upstream until there are none.
async fn work(turns: Arc<dyn Turns>, lane: Arc<Lane>, depth_max: usize) {
    while let Some(round) = lane.next_round(depth_max) {
        let pause = match turns.round(lane.name, &round).await {
            Ok(told) => lane.apply(&round, &told),
            Err(fault) => {
                tracing::warn!(error.cause = %fault, "whose turn it is could not be asked");
                lane.take_back(round);
                PAUSE
            }
        };
        let _ = tokio::time::timeout(pause, lane.wake.notified()).await;
    }
}

impl Lane {
    fn new(name: LaneName) -> Self {
        Self {
            name,
            state: Mutex::new(State {
                slots: 1,
                enter: Vec::new(),
                leave: Vec::new(),
                waiting: HashMap::new(),
                running: HashSet::new(),
                kept: Vec::new(),
                is_contended: false,
                is_worked: false,
                is_watched: false,
                mean: CALL_TIME,
            }),
            wake: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// What there is to say; nothing, and the worker may go, where no call is left.
    fn next_round(&self, depth_max: usize) -> Option<Round> {
        let mut state = self.state();
        state.give_up_kept();
        let enter = std::mem::take(&mut state.enter);
        let leave = std::mem::take(&mut state.leave);
        let new: HashSet<Uuid> = enter.iter().map(|call| call.ticket).collect();
        let waiting = state.waiting.keys().filter(|ticket| !new.contains(ticket));
        let ours: Vec<Uuid> = waiting.chain(&state.running).copied().collect();
        if enter.is_empty() && leave.is_empty() && ours.is_empty() {
            (state.is_worked, state.is_watched, state.is_contended) = (false, false, false);
            return None;
        }
        Some(Round {
            slots: state.slots,
            depth_max,
            enter,
            leave,
            ours,
        })
    }

    /// Tells those whose turn it is, and those who may not wait; how long until it is worth while to look again.
    fn apply(&self, round: &Round, told: &Told) -> Duration {
        let mut state = self.state();
        for ticket in &told.refused {
            if let Some(refused) = state.waiting.remove(ticket) {
                let full = Full(state.estimate(round.depth_max));
                let _ = refused.tell.send(Err(full));
            }
        }
        let mut present = HashSet::new();
        for (ticket, place) in &told.present {
            present.insert(*ticket);
            if *place == 0 {
                if let Some(next) = state.waiting.remove(ticket) {
                    state.running.insert(*ticket);
                    // Who is gone meanwhile leaves by itself.
                    let _ = next.tell.send(Ok(()));
                }
            } else if let Some(waiting) = state.waiting.get_mut(ticket) {
                waiting.place = *place;
            }
        }
        // This server was away for so long that others took its places: calls that wait come anew, those that run go on.
        let lost = round.ours.iter().filter(|ticket| !present.contains(*ticket));
        let again: Vec<Entering> = lost
            .filter_map(|ticket| Some(state.waiting.get(ticket)?.call))
            .collect();
        state.enter.extend(again);
        // A slot that was lost is kept for nobody.
        let is_lost = |ticket: &Uuid| round.ours.contains(ticket) && !present.contains(ticket);
        let lost: Vec<Uuid> = state
            .kept
            .extract_if(.., |kept| is_lost(&kept.ticket))
            .map(|kept| kept.ticket)
            .collect();
        for ticket in &lost {
            state.running.remove(ticket);
        }
        state.is_contended = told.waits;
        state.is_watched = !(state.waiting.is_empty() && state.kept.is_empty());
        match (state.is_contended && !state.kept.is_empty(), state.is_watched) {
            (true, _) => Duration::ZERO,
            (false, true) => LOOK,
            (false, false) => RENEW,
        }
    }

    /// A round failed: it is said again, but for calls that left meanwhile without having come.
    fn take_back(&self, round: Round) {
        let mut state = self.state();
        let still = round
            .enter
            .into_iter()
            .filter(|call| state.waiting.contains_key(&call.ticket));
        let enter: Vec<Entering> = still.collect();
        state.enter.splice(0..0, enter);
        state.leave.splice(0..0, round.leave);
    }
}

impl State {
    /// A slot that a call may take at once.
    fn kept_for(&mut self, member: MemberId, is_free: bool) -> Option<Kept> {
        if !is_free || self.is_contended || !self.waiting.is_empty() {
            return None;
        }
        // The one kept last, so that those that are too many get old.
        let place = self.kept.iter().rposition(|kept| kept.member == member)?;
        Some(self.kept.remove(place))
    }

    /// Keeps the slot of a call that ended; whether it does.
    fn keep(&mut self, kept: Kept, is_free: bool) -> bool {
        let keeps = is_free && !self.is_contended && self.waiting.is_empty();
        if keeps {
            self.kept.push(kept);
        }
        keeps
    }

    /// Gives up the slots that are kept for nothing: too long, or while others wait.
    fn give_up_kept(&mut self) {
        let all = self.is_contended || !self.waiting.is_empty();
        for kept in self.kept.extract_if(.., |kept| all || kept.since.elapsed() >= LOOK) {
            self.running.remove(&kept.ticket);
            self.leave.push((kept.ticket, kept.tokens));
        }
    }

    /// About how long it takes until so many are served.
    fn estimate(&self, ahead: usize) -> Duration {
        let ahead = u32::try_from(ahead).unwrap_or(u32::MAX).saturating_add(1);
        self.mean.saturating_mul(ahead.div_ceil(self.slots.max(1)))
    }
}

impl SharedPlace {
    /// Ends when it is the turn of this place, or it may not wait; to be called once, and [`Self::begin`] after it.
    pub fn turn(&mut self) -> impl Future<Output = Result<(), Full>> + Send + use<> {
        let turn = self.turn.take();
        async move {
            match turn {
                // The sender lives in the lane until it told something.
                Some(turn) => turn.await.unwrap_or(Ok(())),
                None => Ok(()),
            }
        }
    }

    /// The turn came: from now on the slot is in use.
    pub fn begin(&mut self) {
        self.began = Some(Instant::now());
    }

    /// Its place from 1, as it was a moment ago, and about how long that takes.
    #[must_use]
    pub fn position(&self) -> Option<(usize, Duration)> {
        let state = self.lane.state();
        let place = state.waiting.get(&self.call.ticket)?.place;
        Some((place, state.estimate(place.saturating_sub(1))))
    }

    /// The call took so many tokens.
    pub fn end(mut self, tokens: u64) {
        self.leave(tokens);
    }

    fn leave(&mut self, tokens: u64) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        let kept = Kept {
            ticket: self.call.ticket,
            member: self.call.member,
            since: Instant::now(),
            tokens: self.before.saturating_add(tokens),
        };
        {
            let mut state = self.lane.state();
            if let Some(began) = self.began {
                state.mean = state.mean.saturating_mul(7).saturating_add(began.elapsed()) / 8;
            }
            let (ticket, tokens) = (kept.ticket, kept.tokens);
            if self.began.is_some() && state.running.contains(&ticket) && state.keep(kept, self.is_free) {
                if state.is_watched {
                    return;
                }
            } else {
                let came = state.enter.len();
                state.enter.retain(|call| call.ticket != ticket);
                let was_unsaid = state.enter.len() < came;
                let was_there = state.waiting.remove(&ticket).is_some() | state.running.remove(&ticket);
                if was_there && !was_unsaid {
                    state.leave.push((ticket, tokens));
                }
            }
        }
        self.queues.see_to(&self.lane);
    }
}

impl Drop for SharedPlace {
    fn drop(&mut self) {
        self.leave(self.call.tokens);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
