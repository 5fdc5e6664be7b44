//! From an admitted call to an upstream that answers: a place in the queue, a breaker, at most two further tries, then the fallbacks.
//! Nothing here is tried twice once a byte of an answer has arrived.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Response;
use tokio::time::timeout;

use super::Gateway;
use super::content::Content;
use super::error::GatewayError;
use super::hold::Hold;
use super::line::{Line, Trouble};
use super::meter::{Admission, HoldState, ModelTarget, Refusal};
use super::places::Place;
use super::shape::Shaped;
use super::upstream::client::Failure;

/// How often one upstream is asked for one call.
const ATTEMPTS_MAX: u32 = 3;
/// The longest wait before a further try, doubled each time; how long it is within that is left to chance.
const BACKOFF: Duration = Duration::from_millis(100);
/// An upstream that asks to come again later than this is not waited for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(2);
/// When clients may come again after an upstream failed.
const COME_AGAIN: Duration = Duration::from_secs(5);

/// An upstream that answers.
pub struct Opened<'a> {
    /// Which.
    pub target: &'a ModelTarget,
    /// The answer, of which only the head has come.
    pub response: Response,
    /// The slot it takes.
    pub place: Place,
    /// When it was asked.
    pub began: Instant,
}

/// Why one upstream does not answer.
enum Closed {
    /// The next may be asked.
    Next(GatewayError),
    /// The call is over.
    Over(Trouble),
}

impl From<Trouble> for Closed {
    fn from(trouble: Trouble) -> Self {
        Self::Over(trouble)
    }
}

/// Finds an upstream that answers.
///
/// # Errors
/// [`Trouble`], with what the last one said.
pub async fn open<'a>(
    gateway: &Arc<Gateway>,
    shaped: &Shaped,
    admission: &'a Admission,
    hold: &mut Hold,
    line: &mut Line,
) -> Result<Opened<'a>, Trouble> {
    let mut last = match one(gateway, shaped, (admission, &admission.model), hold, line).await {
        Ok(opened) => return Ok(opened),
        Err(Closed::Over(trouble)) => return Err(trouble),
        Err(Closed::Next(error)) => error,
    };
    for (place, target) in admission.fallbacks.iter().enumerate() {
        // The meter gives none that is weaker; that nothing of a model of ours goes outside is looked at here once more.
        if target.external && !admission.model.external {
            continue;
        }
        hold.fallback = Some(place);
        match one(gateway, shaped, (admission, target), hold, line).await {
            Ok(opened) => return Ok(opened),
            Err(Closed::Over(trouble)) => return Err(trouble),
            Err(Closed::Next(error)) => last = error,
        }
    }
    hold.fallback = None;
    Err(Trouble::Failed {
        error: last,
        state: HoldState::NothingSent,
    })
}

async fn one<'a>(
    gateway: &Arc<Gateway>,
    shaped: &Shaped,
    (admission, target): (&Admission, &'a ModelTarget),
    hold: &mut Hold,
    line: &mut Line,
) -> Result<Opened<'a>, Closed> {
    let place = wait_for_turn(gateway, admission, target, line).await?;
    match answered(gateway, shaped, (admission, target), hold, line).await {
        Ok((response, began)) => Ok(Opened {
            target,
            response,
            place,
            began,
        }),
        Err(closed) => {
            // The next one is waited for without this slot. Of one that is silent nobody knows what it took.
            place.end(hold.tokens());
            Err(closed)
        }
    }
}

/// Asks, a few times where that may help: an answer and when it was asked for.
async fn answered(
    gateway: &Arc<Gateway>,
    shaped: &Shaped,
    (admission, target): (&Admission, &ModelTarget),
    hold: &mut Hold,
    line: &mut Line,
) -> Result<(Response, Instant), Closed> {
    let pseudonym = gateway.pseudonym(target.upstream, admission);
    let failed = |error| Trouble::Failed {
        error,
        state: HoldState::NothingSent,
    };
    let body = shaped
        .for_upstream(target, admission.output_max, &pseudonym)
        .map_err(failed)?;
    for attempt in 0..ATTEMPTS_MAX {
        let (response, began) = match ask(gateway, shaped, (target, &body), hold, line).await {
            Ok(answered) => answered,
            Err(closed) => return Err(closed),
        };
        let wait = match response {
            Ok(response) => return Ok((response, began)),
            Err(again) => again,
        };
        if attempt.saturating_add(1) == ATTEMPTS_MAX {
            break;
        }
        let wait = wait.unwrap_or_else(|| jitter(attempt));
        line.wait(tokio::time::sleep(wait), String::new).await?;
    }
    Err(Closed::Next(unavailable(COME_AGAIN)))
}

/// Waits until a slot is free, telling a client that streams where it stands.
async fn wait_for_turn(
    gateway: &Arc<Gateway>,
    admission: &Admission,
    target: &ModelTarget,
    line: &mut Line,
) -> Result<Place, Closed> {
    let full = |wait| Trouble::Failed {
        error: GatewayError::from(Refusal::QueueFull { retry_after: wait }),
        state: HoldState::NothingSent,
    };
    let mut place = gateway.queues.enter(target, admission).map_err(|waits| full(waits.0))?;
    let turn = timeout(gateway.times.queue, place.turn());
    gateway.metrics.waiting.inc();
    let waited = line
        .wait(turn, || {
            place.position().map_or_else(
                || String::from("queued"),
                |(position, eta)| format!("queued position={position} eta_ms={}", eta.as_millis()),
            )
        })
        .await;
    gateway.metrics.waiting.dec();
    match waited? {
        Ok(Ok(())) => {
            place.begin();
            Ok(place)
        }
        Ok(Err(waits)) => Err(full(waits.0).into()),
        Err(_) => Err(full(COME_AGAIN).into()),
    }
}

/// When to try again.
type Again = Option<Duration>;

/// Asks once: an answer and when it was asked for, or when to ask again.
async fn ask(
    gateway: &Arc<Gateway>,
    shaped: &Shaped,
    (target, body): (&ModelTarget, &Content<Vec<u8>>),
    hold: &mut Hold,
    line: &mut Line,
) -> Result<(Result<Response, Again>, Instant), Closed> {
    let began = Instant::now();
    let leave = gateway.breakers.ask(target.upstream, began);
    let leave = leave.map_err(|wait| Closed::Next(unavailable(wait)))?;
    hold.is_sent = true;
    let deadline = began.checked_add(target.first_byte_timeout).unwrap_or(began);
    let asking = gateway.clients.ask(target, shaped.endpoint, body, deadline);
    let failure = match line.wait(asking, || String::from("working")).await? {
        Ok(response) => {
            leave.answered();
            return Ok((Ok(response), began));
        }
        Err(failure) => failure,
    };
    gateway.metrics.failed(target, failure.name());
    tracing::warn!(upstream.id = %target.upstream, failure = failure.name(), "an upstream did not answer");
    // A refusal costs nothing; an upstream that is silent may be at work.
    hold.is_sent = matches!(failure, Failure::Silence);
    match failure {
        Failure::Connection | Failure::Status(500..=599) => {
            leave.failed(Instant::now());
            Ok((Err(None), began))
        }
        Failure::Address | Failure::Status(_) => {
            leave.failed(Instant::now());
            Err(Closed::Next(unavailable(COME_AGAIN)))
        }
        Failure::Silence => {
            leave.failed(Instant::now());
            Err(Trouble::upstream(GatewayError::upstream_timeout()).into())
        }
        Failure::Busy(wait) => {
            leave.answered();
            match wait {
                Some(wait) if wait <= RETRY_AFTER_MAX => Ok((Err(Some(wait)), began)),
                wait => Err(Closed::Next(unavailable(wait.unwrap_or(COME_AGAIN)))),
            }
        }
        Failure::Rejected(said) => {
            leave.answered();
            Err(Closed::Over(Trouble::Failed {
                error: GatewayError::upstream_rejected(said.expose().as_deref()),
                state: HoldState::NothingSent,
            }))
        }
    }
}

fn unavailable(wait: Duration) -> GatewayError {
    GatewayError::from(Refusal::UpstreamUnavailable { retry_after: wait })
}

/// Between nothing and the whole wait, so that calls that failed together do not come again together.
fn jitter(attempt: u32) -> Duration {
    let whole = BACKOFF.saturating_mul(1_u32 << attempt.min(4));
    let mut byte = [0; 1];
    // Without randomness the wait is a whole one.
    let part = getrandom::fill(&mut byte).map_or(u32::from(u8::MAX), |()| u32::from(byte[0]));
    whole.saturating_mul(part) / u32::from(u8::MAX)
}
