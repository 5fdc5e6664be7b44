//! The gateway: the co-op's models under `/v1`, as the clients of OpenAI know them.
//!
//! It speaks HTTP to clients and upstreams and decides nothing: who may ask, what is set aside and what is charged is the [`meter`]'s
//! to say. What members write and what models answer passes through and is neither kept nor logged.
//!
//! ```text
//! routes -> body -> shape -> pump -> meter.admit -> queue -> breaker -> upstream
//!                              |                                          |
//!    client <- line <- answer <- sse <- ----------------------------------+
//!                              +-> usage -> hold -> meter.settle
//! ```

pub mod answer;
pub mod body;
pub mod content;
pub mod error;
pub mod hold;
pub mod line;
pub mod meter;
pub mod metrics;
pub mod open;
pub mod places;
pub mod pump;
pub mod queue;
pub mod routes;
pub mod shape;
pub mod shared_queue;
pub mod sse;
pub mod upstream;
pub mod usage;

use std::sync::Arc;
use std::time::{Duration, Instant};

use governance::id::UpstreamId;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use self::hold::Books;
use self::meter::{Admission, Meter};
use self::metrics::GatewayMetrics;
use self::places::Queues;
use self::shared_queue::Turns;
use self::upstream::breaker::Breakers;
use self::upstream::client::Clients;
use crate::config::GatewayConfig;
use crate::secrets::Secrets;

/// How long a server that stops waits for the last calls to be booked, and how often it looks.
const BOOKED_TIME_MAX: Duration = Duration::from_secs(3);
const BOOKED_LOOK: Duration = Duration::from_millis(5);

/// What the calls of this process share.
pub struct Gateway {
    meter: Arc<dyn Meter>,
    books: Arc<Books>,
    clients: Clients,
    breakers: Arc<Breakers>,
    queues: Queues,
    metrics: GatewayMetrics,
    secrets: Arc<Secrets>,
    /// How many calls at once.
    calls: Arc<Semaphore>,
    /// How many bytes of bodies at once.
    room: Arc<Semaphore>,
    times: GatewayTimes,
    /// Calls run here, and not on the thread of their client, which may leave.
    runtime: Handle,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
struct GatewayTimes {
    /// One call, in all.
    total: Duration,
    /// Between two signs of life.
    beat: Duration,
    /// In the queue.
    queue: Duration,
}

impl Gateway {
    /// Puts it together, on the current runtime. Without `turns` each process has queues of its own.
    ///
    /// # Errors
    /// If the roots of trust cannot be read.
    pub fn new(
        config: &GatewayConfig,
        meter: Arc<dyn Meter>,
        turns: Option<Arc<dyn Turns>>,
        metrics: GatewayMetrics,
        secrets: Arc<Secrets>,
    ) -> anyhow::Result<Arc<Self>> {
        let renewed = Duration::from_millis(config.renew_ms.max(1));
        Ok(Arc::new(Self {
            books: Books::start(Arc::clone(&meter), metrics.clone(), renewed),
            meter,
            clients: Clients::new(config.allowed_origins.clone())?,
            breakers: Arc::default(),
            queues: Queues::new(config.queue_depth_max, turns),
            metrics,
            secrets,
            calls: Arc::new(Semaphore::new(config.calls_max.min(Semaphore::MAX_PERMITS))),
            room: Arc::new(Semaphore::new(config.body_bytes_max.min(Semaphore::MAX_PERMITS))),
            times: GatewayTimes {
                total: Duration::from_secs(config.call_seconds_max),
                beat: Duration::from_millis(config.heartbeat_ms.max(1)),
                queue: Duration::from_secs(config.queue_seconds_max),
            },
            runtime: Handle::current(),
        }))
    }

    /// The clients that ask servers of models.
    #[must_use]
    pub const fn clients(&self) -> &Clients {
        &self.clients
    }

    /// How many calls run, and how many of them wait for a slot.
    #[must_use]
    pub fn load(&self) -> (usize, usize) {
        (self.books.running(), self.queues.depth())
    }

    /// Waits until every call has ended and is in the books, for [`BOOKED_TIME_MAX`] at most.
    pub async fn booked(&self) {
        let until = Instant::now() + BOOKED_TIME_MAX;
        while self.books.running() + self.meter.unbooked() > 0 && Instant::now() < until {
            tokio::time::sleep(BOOKED_LOOK).await;
        }
    }

    /// How an upstream may tell one member from another: another name at each upstream, which leads back to nobody.
    fn pseudonym(&self, upstream: UpstreamId, admission: &Admission) -> String {
        let (upstream, coop, member) = (upstream.uuid(), admission.coop.uuid(), admission.member.uuid());
        let input = [&upstream.as_bytes()[..], coop.as_bytes(), member.as_bytes()].concat();
        let derived = self.secrets.derive("gateway pseudonym", &input);
        hex::encode(derived.get(..16).unwrap_or(&derived))
    }
}
