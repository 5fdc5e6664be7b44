//! The queue in front of a tool that is full: each member gets a share in proportion to the voted weight, whatever the others ask.
//!
//! Each flow (a member) has a counter of what it was served, divided by its weight. What a call takes of a tool is counted in tokens and
//! not in its price: one that costs nothing keeps the tool busy as well. Whoever waits and has the least counter is next: its counter
//! grows by the most that the call may take, and when the call ends by the difference to what it really took, so that nobody pays for
//! an estimate. A flow that comes back from idleness begins at the least counter of those who are active: it cannot
//! save up while it sleeps, nor be made to wait for what it was served long ago.
//!
//! While two flows both wait, over any stretch of time, what they are served differs, each divided by its weight, by at most
//! (D + 1)(L_i / w_i + L_j / w_j), where D is the number of slots and L the largest call of each (virtual token counter, Sheng et al.
//! 2024, with corrections at settlement).
//!
//! A flow may fill as much of the room to wait in as it leaves free (the dynamic threshold of Choudhury and Hahne, 1998): alone it has
//! half of it, beside n others that ask for more an n + 2nd part, and there is always room for whoever comes next.
//!
//! Differs: the start tags of start-time fair queueing lose what is given back at settlement.

use std::collections::{BTreeMap, VecDeque};

use super::WEIGHT_MAX;

/// Counters are multiples of 1 / [`SCALE`]: the least common multiple of all weights, so that nothing is rounded.
pub const SCALE: i128 = 232_792_560;

/// Why a call may not wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueueRefusal {
    /// Too many wait already, or too many of its flow.
    #[error("too many calls wait already")]
    Full,
    /// It waits or runs already, or its weight is none.
    #[error("the call waits already, or its weight is not from 1 to {WEIGHT_MAX}")]
    Malformed,
}

#[derive(Debug, Clone)]
struct Flow<T> {
    /// What it was served, divided by its weight, times [`SCALE`].
    counter: i128,
    weight: u32,
    waiting: VecDeque<Waiting<T>>,
    running: u32,
}

#[derive(Debug, Clone, Copy)]
struct Waiting<T> {
    ticket: T,
    estimate: u64,
    arrival: u64,
}

#[derive(Debug, Clone, Copy)]
struct Running<F> {
    flow: F,
    estimate: u64,
    weight: u32,
}

/// A queue. `F` names a flow, `T` a call.
#[derive(Debug, Clone)]
pub struct FairQueue<F, T> {
    slots: u32,
    depth_max: usize,
    depth: usize,
    arrivals: u64,
    /// The counter of whoever was active last: what a flow begins at when nobody is.
    floor: i128,
    flows: BTreeMap<F, Flow<T>>,
    running: BTreeMap<T, Running<F>>,
}

fn scaled(units: u64, weight: u32) -> i128 {
    let share = SCALE.checked_div(i128::from(weight)).unwrap_or(SCALE);
    i128::from(units).saturating_mul(share)
}

impl<F: Copy + Ord, T: Copy + Ord> FairQueue<F, T> {
    /// An empty queue in front of so many slots, where so many may wait.
    #[must_use]
    pub const fn new(slots: u32, depth_max: usize) -> Self {
        Self {
            slots,
            depth_max,
            depth: 0,
            arrivals: 0,
            floor: 0,
            flows: BTreeMap::new(),
            running: BTreeMap::new(),
        }
    }

    /// How many wait.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// How many run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// A call arrives; it waits until [`Self::dispatch`] names it. The estimate is the most that it may take, in tokens.
    ///
    /// # Errors
    /// [`QueueRefusal`].
    pub fn arrive(&mut self, flow: F, weight: u32, ticket: T, estimate: u64) -> Result<(), QueueRefusal> {
        let waits = |flow: &Flow<T>| flow.waiting.iter().any(|each| each.ticket == ticket);
        let known = self.running.contains_key(&ticket) || self.flows.get(&flow).is_some_and(waits);
        if known || !(1..=WEIGHT_MAX).contains(&weight) {
            return Err(QueueRefusal::Malformed);
        }
        if !self.has_room(flow) {
            return Err(QueueRefusal::Full);
        }
        let start = self.least_active().unwrap_or(self.floor);
        let entry = self.flows.entry(flow).or_insert_with(|| Flow {
            counter: start,
            weight,
            waiting: VecDeque::new(),
            running: 0,
        });
        if !entry.is_active() {
            entry.counter = entry.counter.max(start);
        }
        entry.weight = weight;
        let arrival = self.arrivals;
        self.arrivals = self.arrivals.saturating_add(1);
        entry.waiting.push_back(Waiting {
            ticket,
            estimate,
            arrival,
        });
        self.depth = self.depth.saturating_add(1);
        Ok(())
    }

    /// Whether one more call of a flow may wait, where it cannot run at once.
    fn has_room(&self, flow: F) -> bool {
        let slots = usize::try_from(self.slots).unwrap_or(usize::MAX);
        // Those that a free slot takes do not wait.
        let free = slots.saturating_sub(self.running.len());
        let Some(waiting) = self.depth.checked_sub(free) else {
            return true;
        };
        let own = self.flows.get(&flow).map_or(0, |flow| flow.waiting.len());
        own.saturating_sub(free) < self.depth_max.saturating_sub(waiting)
    }

    fn least_active(&self) -> Option<i128> {
        let active = self.flows.values().filter(|flow| flow.is_active());
        active.map(|flow| flow.counter).min()
    }

    /// Who is next, while a slot is free: the call takes it.
    pub fn dispatch(&mut self) -> Option<T> {
        if self.running.len() >= usize::try_from(self.slots).ok()? {
            return None;
        }
        let first = |flow: &Flow<T>| flow.waiting.front().map(|each| each.arrival);
        let (flow, next) = self
            .flows
            .iter_mut()
            .filter(|(_, flow)| !flow.waiting.is_empty())
            .min_by_key(|(_, flow)| (flow.counter, first(flow)))?;
        let call = next.waiting.pop_front()?;
        next.counter = next.counter.saturating_add(scaled(call.estimate, next.weight));
        next.running = next.running.saturating_add(1);
        let (flow, weight, estimate) = (*flow, next.weight, call.estimate);
        self.running.insert(call.ticket, Running { flow, estimate, weight });
        self.depth = self.depth.saturating_sub(1);
        Some(call.ticket)
    }

    /// A call that ran has ended, and took so much. A call that does not run is left alone, so that ending twice does no harm.
    pub fn settle(&mut self, ticket: T, actual: u64) {
        let Some(call) = self.running.remove(&ticket) else {
            return;
        };
        if let Some(flow) = self.flows.get_mut(&call.flow) {
            flow.running = flow.running.saturating_sub(1);
            let correction = scaled(actual, call.weight).saturating_sub(scaled(call.estimate, call.weight));
            flow.counter = flow.counter.saturating_add(correction);
        }
        self.rest(call.flow);
    }

    /// A call that waits leaves. Whether it waited.
    pub fn leave(&mut self, flow: F, ticket: T) -> bool {
        let Some(entry) = self.flows.get_mut(&flow) else {
            return false;
        };
        let before = entry.waiting.len();
        entry.waiting.retain(|each| each.ticket != ticket);
        let gone = before.saturating_sub(entry.waiting.len());
        self.depth = self.depth.saturating_sub(gone);
        self.rest(flow);
        gone > 0
    }

    /// How many are served before a call that waits if nobody else comes, from 0.
    #[must_use]
    pub fn position(&self, ticket: T) -> Option<usize> {
        let mut ahead = self.clone();
        // Every call ahead is served at once; the slots do not matter for the order.
        ahead.slots = u32::MAX;
        for position in 0..self.depth {
            if ahead.dispatch()? == ticket {
                return Some(position);
            }
        }
        None
    }

    /// What remains of a flow that became idle: its counter, unless it would be lifted beyond it anyway.
    fn rest(&mut self, flow: F) {
        if self.flows.get(&flow).is_none_or(Flow::is_active) {
            return;
        }
        let least = self.least_active();
        if least.is_none()
            && let Some(entry) = self.flows.get(&flow)
        {
            self.floor = self.floor.max(entry.counter);
        }
        let start = least.unwrap_or(self.floor);
        self.flows.retain(|_, flow| flow.is_active() || flow.counter > start);
    }
}

impl<T> Flow<T> {
    fn is_active(&self) -> bool {
        self.running > 0 || !self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Two flows that always have something waiting, served by `slots` slots; each call costs at most what was estimated. `ends` says
    /// which running call ends next and how much of its estimate it cost. The difference of what they were served, each divided by
    /// its weight, is taken at every step, and no two of these may lie further apart than the bound.
    fn check(slots: u32, weights: [u32; 2], sizes: &[u64], ends: &[(usize, u64)]) -> Result<(), TestCaseError> {
        let mut queue: FairQueue<usize, usize> = FairQueue::new(slots, 1_000);
        let largest = sizes.iter().copied().max().unwrap_or(1);
        let estimate = |ticket: usize| sizes[ticket % sizes.len()];
        let mut next = 0;
        let mut feed = |queue: &mut FairQueue<usize, usize>| {
            for flow in [0, 1] {
                while queue.flows.get(&flow).is_none_or(|flow| flow.waiting.len() < 2) {
                    queue.arrive(flow, weights[flow], next, estimate(next)).unwrap();
                    next += 1;
                }
            }
        };
        let mut served = [0_i128; 2];
        let (mut least, mut most) = (0, 0);
        let mut running: Vec<usize> = Vec::new();
        for (pick, percent) in ends {
            feed(&mut queue);
            while let Some(ticket) = queue.dispatch() {
                running.push(ticket);
                feed(&mut queue);
            }
            let ticket = running.swap_remove(pick % running.len());
            let call = queue.running[&ticket];
            let actual = call.estimate * percent / 100;
            served[call.flow] += scaled(actual, call.weight);
            queue.settle(ticket, actual);
            let difference = served[0] - served[1];
            (least, most) = (difference.min(least), difference.max(most));
        }
        let bound = i128::from(slots + 1) * (scaled(largest, weights[0]) + scaled(largest, weights[1]));
        prop_assert!(most - least <= bound, "{most} - {least} > {bound}");
        Ok(())
    }

    proptest! {
        #[test]
        fn two_flows_that_wait_are_served_by_weight_within_the_bound(
            slots in 1..6_u32, weights in [1..=WEIGHT_MAX, 1..=WEIGHT_MAX],
            sizes in prop::collection::vec(1..5_000_u64, 1..20),
            ends in prop::collection::vec((0..8_usize, 0..=100_u64), 20..200),
        ) {
            check(slots, weights, &sizes, &ends)?;
        }

        #[test]
        fn nobody_starves_whatever_the_others_send(
            flood in prop::collection::vec((1..20_usize, 1..=WEIGHT_MAX), 50..200), weight in 1..=WEIGHT_MAX,
        ) {
            let mut queue: FairQueue<usize, usize> = FairQueue::new(1, 10_000);
            for (ticket, (flow, weight)) in flood.iter().enumerate() {
                queue.arrive(*flow, *weight, ticket, 100).unwrap();
            }
            for _ in 0..25 {
                let ticket = queue.dispatch().unwrap();
                queue.settle(ticket, 100);
            }
            queue.arrive(0, weight, 9_999, 100).unwrap();
            let others = queue.flows.iter().filter(|(flow, _)| **flow != 0).count();
            // It begins at the least counter, so every other flow is served at most once more than its weight before it.
            let position = queue.position(9_999).unwrap();
            prop_assert!(position <= others * usize::try_from(WEIGHT_MAX).unwrap());
        }
    }

    #[test]
    fn one_flow_never_fills_the_room_of_the_others() {
        let mut queue: FairQueue<u8, u32> = FairQueue::new(2, 8);
        let arrive = |queue: &mut FairQueue<u8, u32>, flow: u8| {
            let calls = (0..20).filter(|call| queue.arrive(flow, 1, u32::from(flow) * 100 + call, 1).is_ok());
            calls.count()
        };
        // Two run at once, and of eight places it leaves half.
        assert_eq!(arrive(&mut queue, 0), 2 + 4);
        while queue.dispatch().is_some() {}
        assert_eq!(arrive(&mut queue, 0), 0);
        assert_eq!(arrive(&mut queue, 1), 2);
        assert_eq!(arrive(&mut queue, 2), 1);
        assert_eq!(
            (arrive(&mut queue, 1), queue.depth()),
            (0, 7),
            "there is room for whoever comes next"
        );
        // Without any room whoever need not wait is served all the same.
        let mut queue: FairQueue<u8, u32> = FairQueue::new(2, 0);
        assert_eq!(arrive(&mut queue, 0), 2);
    }

    #[test]
    fn shares_follow_the_weights_and_not_the_load() {
        let mut queue: FairQueue<usize, usize> = FairQueue::new(2, 10_000);
        for ticket in 0..2_000 {
            // Ten calls of flow 0 for each of flow 1, which has three times the weight.
            let flow = usize::from(ticket % 11 == 10);
            queue.arrive(flow, if flow == 1 { 3 } else { 1 }, ticket, 100).unwrap();
        }
        let mut served = [0_u64; 2];
        for _ in 0..200 {
            let ticket = queue.dispatch().unwrap();
            let flow = queue.running[&ticket].flow;
            queue.settle(ticket, 60);
            served[flow] += 60;
        }
        assert_eq!(served, [50 * 60, 150 * 60]);
    }

    #[test]
    fn what_was_estimated_too_high_is_given_back() {
        let mut queue: FairQueue<u8, u32> = FairQueue::new(1, 100);
        for ticket in 0..10 {
            // Flow 0 holds ten times what it uses; flow 1 holds what it uses.
            queue.arrive(0, 1, ticket, 1_000).unwrap();
            queue.arrive(1, 1, ticket + 10, 100).unwrap();
        }
        let mut order = Vec::new();
        while let Some(ticket) = queue.dispatch() {
            queue.settle(ticket, 100);
            order.push(ticket / 10);
        }
        assert_eq!(order, [0, 1].repeat(10));
    }

    #[test]
    fn idleness_saves_nothing_up_and_costs_nothing() {
        let mut queue: FairQueue<u8, u32> = FairQueue::new(1, 100);
        for ticket in 0..20 {
            queue.arrive(0, 1, ticket, 100).unwrap();
        }
        for _ in 0..10 {
            let ticket = queue.dispatch().unwrap();
            queue.settle(ticket, 100);
        }
        // Flow 1 comes back after ten calls of flow 0: they take turns, it does not have ten in a row.
        for ticket in 100..105 {
            queue.arrive(1, 1, ticket, 100).unwrap();
        }
        let order: Vec<bool> = std::iter::from_fn(|| {
            let ticket = queue.dispatch()?;
            queue.settle(ticket, 100);
            Some(ticket >= 100)
        })
        .take(10)
        .collect();
        assert_eq!(order, [false, true].repeat(5));
        while let Some(ticket) = queue.dispatch() {
            queue.settle(ticket, 100);
        }
        assert!(
            queue.flows.len() <= 1,
            "idle flows are forgotten: {}",
            queue.flows.len()
        );
        // Everybody starts alike again: flow 1 does not wait for what flow 0 had more of.
        queue.arrive(0, 1, 200, 100).unwrap();
        queue.arrive(1, 1, 201, 100).unwrap();
        assert_eq!((queue.position(200), queue.position(201)), (Some(0), Some(1)));
    }

    #[test]
    fn a_full_queue_refuses_a_client_that_leaves_frees_its_place_and_ending_twice_does_no_harm() {
        let mut queue: FairQueue<u8, u32> = FairQueue::new(1, 2);
        queue.arrive(0, 1, 1, 10).unwrap();
        assert_eq!(queue.dispatch(), Some(1));
        queue.arrive(0, 1, 2, 10).unwrap();
        assert_eq!(queue.arrive(0, 1, 2, 10), Err(QueueRefusal::Malformed));
        assert_eq!(queue.arrive(0, 0, 3, 10), Err(QueueRefusal::Malformed));
        assert_eq!(queue.arrive(0, 21, 3, 10), Err(QueueRefusal::Malformed));
        queue.arrive(1, 1, 3, 10).unwrap();
        assert_eq!(queue.arrive(1, 1, 4, 10), Err(QueueRefusal::Full));
        assert!(queue.leave(1, 3));
        assert!(!queue.leave(1, 3));
        assert!(!queue.leave(7, 3));
        queue.arrive(1, 1, 4, 10).unwrap();
        assert_eq!((queue.dispatch(), queue.depth(), queue.running()), (None, 2, 1));
        queue.settle(1, 10);
        queue.settle(1, 10);
        assert_eq!(
            queue.dispatch(),
            Some(2),
            "flow 1 began where flow 0 was, so the earlier one is next"
        );
        assert_eq!(queue.position(9), None);
    }
}
