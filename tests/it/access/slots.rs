//! Slots that calls which cost nothing leave to the next ones of their members, over a queue that only counts what it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use governance::id::{CoopId, HoldId, MemberId, UpstreamId};
use server::gateway::meter::{Admission, MeterFault, ModelTarget, PartialChargeRule, UpstreamKind};
use server::gateway::shared_queue::{LaneName, Round, SharedQueues, Told, Turns};
use uuid::Uuid;

/// A queue with a slot for everybody, in which others wait or not, that counts what it is told.
#[derive(Default)]
struct Counting {
    waits: AtomicBool,
    came: AtomicUsize,
    left: AtomicUsize,
}

#[async_trait]
impl Turns for Counting {
    async fn round(&self, _: LaneName, round: &Round) -> Result<Told, MeterFault> {
        self.came.fetch_add(round.enter.len(), Ordering::Relaxed);
        self.left.fetch_add(round.leave.len(), Ordering::Relaxed);
        let entered = round.enter.iter().map(|call| call.ticket);
        Ok(Told {
            refused: Vec::new(),
            present: round
                .ours
                .iter()
                .copied()
                .chain(entered)
                .map(|ticket| (ticket, 0))
                .collect(),
            waits: self.waits.load(Ordering::Relaxed),
        })
    }
}

fn admission(units_held: u64) -> Admission {
    Admission {
        hold: HoldId::from_uuid(Uuid::nil()),
        coop: CoopId::from_uuid(Uuid::nil()),
        member: MemberId::from_uuid(Uuid::nil()),
        model: ModelTarget {
            id: String::from("small"),
            upstream: UpstreamId::from_uuid(Uuid::nil()),
            base_url: String::new(),
            upstream_name: String::new(),
            provider_key: None,
            kind: UpstreamKind::Plain,
            external: false,
            first_byte_timeout: Duration::from_secs(1),
            idle_timeout: Duration::from_secs(1),
            slots: 8,
        },
        fallbacks: Vec::new(),
        input_max: 1,
        output_max: 1,
        clamped: false,
        answers: 1,
        units_held,
        weight: 1,
        rule: PartialChargeRule::Counted,
        proposal: None,
    }
}

async fn call(queues: &Arc<SharedQueues>, units: u64) {
    let admission = admission(units);
    let mut place = queues.enter(&admission.model, &admission);
    assert!(place.turn().await.is_ok());
    place.begin();
    place.end(units);
}

async fn all_left(turns: &Counting) {
    for _ in 0..500 {
        if turns.left.load(Ordering::Relaxed) == turns.came.load(Ordering::Relaxed) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("a slot is kept for good");
}

/// Calls that cost nothing leave their slots to the next; others, and all while somebody waits, come and go one by one.
#[tokio::test]
async fn slots_are_kept_for_calls_that_cost_nothing_while_nobody_waits() {
    let turns = Arc::new(Counting::default());
    let queues = Arc::new(SharedQueues::new(Arc::clone(&turns) as Arc<dyn Turns>, 8));
    for _ in 0..50 {
        call(&queues, 0).await;
    }
    assert!(turns.came.load(Ordering::Relaxed) < 5, "each call came by itself");
    all_left(&turns).await;
    let came = turns.came.load(Ordering::Relaxed);
    for _ in 0..10 {
        call(&queues, 7).await;
    }
    assert_eq!(turns.came.load(Ordering::Relaxed), came + 10);
    all_left(&turns).await;
    turns.waits.store(true, Ordering::Relaxed);
    for _ in 0..10 {
        call(&queues, 0).await;
    }
    assert_eq!(
        turns.came.load(Ordering::Relaxed),
        came + 20,
        "a slot is kept while others wait"
    );
    all_left(&turns).await;
}
