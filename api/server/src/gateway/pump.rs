//! One call from its admission to its settlement, in a task of its own: the client may leave at any moment, and what was begun is
//! ended here all the same.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use actix_web::web::Bytes;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::Gateway;
use super::answer::{Bill, Reader, Taken, vectors};
use super::content::Content;
use super::error::GatewayError;
use super::hold::Hold;
use super::line::{Head, Line, Sent, Trouble};
use super::meter::{Admission, Ask, Endpoint, HoldState, ModelTarget};
use super::open::{Opened, open};
use super::shape::Shaped;
use super::sse::Parser;
use super::usage::Bounds;

/// Frames on their way to a client; more wait at the upstream.
const FRAMES_MAX: usize = 16;
/// The longest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 32 * 1_024 * 1_024;

/// A call as it came in.
pub struct Call {
    /// The key.
    pub key: SecretString,
    /// Where it comes from.
    pub client: Option<IpAddr>,
    /// What is asked.
    pub shaped: Shaped,
    /// Its share of what this process takes at once.
    pub share: Vec<OwnedSemaphorePermit>,
}

/// Starts a call. Dropping what it sends to is leaving.
#[must_use]
pub fn start(gateway: &Arc<Gateway>, call: Call) -> mpsc::Receiver<Sent> {
    let (client, sent) = mpsc::channel(FRAMES_MAX);
    // Admitted in the task too: a client who leaves in that moment would leave a hold behind.
    gateway.runtime.spawn(run(Arc::clone(gateway), call, client));
    sent
}

async fn run(gateway: Arc<Gateway>, call: Call, client: mpsc::Sender<Sent>) {
    let shaped = &call.shaped;
    let ask = Ask {
        key: call.key.expose_secret(),
        client: call.client,
        endpoint: shaped.endpoint,
        model: &shaped.model,
        input_bound: shaped.input_bound,
        messages: shaped.messages,
        n: shaped.n,
        max_output: shaped.max_output,
    };
    let admission = match gateway.meter.admit(&ask).await {
        Ok(admission) => admission,
        Err(refusal) => {
            let error = GatewayError::from(refusal);
            gateway.metrics.refused.with_label_values(&[error.code()]).inc();
            let _ = client.send(Sent::Failed(error)).await;
            return;
        }
    };
    let bounds = Bounds {
        input: admission.input_max,
        output: admission.output_max.saturating_mul(u64::from(shaped.n)),
    };
    let hold = gateway.books.hold(&admission, bounds);
    gateway.metrics.running.inc();
    let line = Line::new(
        client,
        hold.stop(),
        shaped.is_streamed,
        gateway.times.total,
        gateway.times.beat,
    );
    answer(&gateway, shaped, &admission, bounds, hold, line).await;
    gateway.metrics.running.dec();
}

/// Asks, passes on, settles, and says how it ended.
async fn answer(
    gateway: &Arc<Gateway>,
    shaped: &Shaped,
    admission: &Admission,
    bounds: Bounds,
    mut hold: Hold,
    mut line: Line,
) {
    line.say_in_head(Head {
        is_clamped: admission.clamped,
        fallback: None,
    });
    let opened = match open(gateway, shaped, admission, &mut hold, &mut line).await {
        Ok(opened) => opened,
        Err(trouble) => return end_badly(gateway, shaped, &admission.model, hold, line, trouble).await,
    };
    let Opened {
        target,
        response,
        place,
        began,
    } = opened;
    line.say_in_head(Head {
        is_clamped: admission.clamped,
        fallback: hold.fallback.map(|_| target.id.clone()),
    });
    let mut relay = Relay {
        gateway,
        shaped,
        target,
        reader: Reader::new(shaped, &target.id, bounds),
        hold,
        line,
        began,
    };
    let read = match shaped.endpoint {
        Endpoint::Embeddings => relay.whole(response).await,
        Endpoint::ChatCompletions | Endpoint::Completions | Endpoint::Responses => relay.stream(response).await,
    };
    // The response is dropped by now, and with it the connection of an answer that is not whole: the upstream is free for the next.
    let Relay { reader, hold, line, .. } = relay;
    place.end(hold.tokens());
    match read {
        Ok(end) => {
            finish(
                gateway,
                admission,
                target,
                Finished {
                    reader,
                    end,
                    is_streamed: shaped.is_streamed,
                },
                hold,
                line,
            )
            .await;
        }
        Err(trouble) => end_badly(gateway, shaped, target, hold, line, trouble).await,
    }
}

/// How an answer ended well.
enum End {
    /// It is whole; what is told last, where the upstream told something.
    Finished(Option<Content<serde_json::Value>>),
    /// It was cut where the hold ends.
    Cut,
    /// It came whole.
    Whole(Content<serde_json::Value>),
}

struct Finished {
    reader: Reader,
    end: End,
    is_streamed: bool,
}

/// Settles what ended well and tells the client the rest.
async fn finish(
    gateway: &Gateway,
    admission: &Admission,
    target: &ModelTarget,
    finished: Finished,
    hold: Hold,
    mut line: Line,
) {
    let Finished {
        mut reader,
        end,
        is_streamed,
    } = finished;
    let (state, name) = match &end {
        End::Finished(_) | End::Whole(_) => (HoldState::Finished, "finished"),
        End::Cut => (HoldState::CutAtBound, "cut"),
    };
    let is_fallback = hold.fallback.is_some();
    let (judged, settlement) = hold.settle(state).await;
    gateway.metrics.ended(target, reader.endpoint(), name, judged.usage);
    let bill = Bill {
        usage: judged.usage,
        source: judged.source,
        settlement,
        rule: admission.rule,
        is_fallback,
    };
    let told = match (is_streamed, end) {
        (true, end) => tell_rest(&mut reader, end, &bill, &mut line).await,
        (false, End::Whole(answer)) => line.whole(answer).await,
        (false, end) => {
            if matches!(end, End::Cut) {
                let _ = reader.cut();
            }
            match reader.whole(&bill) {
                Ok(answer) => line.whole(answer).await,
                Err(error) => {
                    line.failed(error).await;
                    Ok(())
                }
            }
        }
    };
    // Who left at the very end has missed the last words and is charged for the answer all the same.
    drop(told);
}

async fn tell_rest(reader: &mut Reader, end: End, bill: &Bill, line: &mut Line) -> Result<(), Trouble> {
    let endpoint = reader.endpoint();
    let mut events = match end {
        End::Finished(last) => last.into_iter().collect(),
        End::Whole(whole) => vec![whole],
        End::Cut => reader.cut(),
    };
    if let Some(last) = events.last_mut() {
        reader.bill(last, bill);
    }
    for event in events.iter().chain(reader.last(bill).as_ref()) {
        line.frame(Reader::wire(endpoint, event)).await?;
    }
    line.frame(Reader::wire_end(endpoint).to_vec()).await
}

/// Settles what ended badly and tells the client, if it is there.
async fn end_badly(gateway: &Gateway, shaped: &Shaped, target: &ModelTarget, hold: Hold, line: Line, trouble: Trouble) {
    let (state, name, error) = match trouble {
        Trouble::Gone => (HoldState::ClientGone, "client_gone", None),
        Trouble::Failed { error, state } => (state, error.code(), Some(error)),
    };
    let (judged, _) = hold.settle(state).await;
    gateway.metrics.ended(target, shaped.endpoint, name, judged.usage);
    if let Some(error) = error {
        line.failed(error).await;
    }
}

/// An answer on its way.
struct Relay<'a> {
    gateway: &'a Gateway,
    shaped: &'a Shaped,
    target: &'a ModelTarget,
    reader: Reader,
    hold: Hold,
    line: Line,
    began: Instant,
}

impl Relay<'_> {
    /// Passes events on as they come.
    async fn stream(&mut self, mut response: Response) -> Result<End, Trouble> {
        if !is_of(&response, "text/event-stream") {
            return Err(Trouble::upstream(GatewayError::upstream_broken()));
        }
        let (mut parser, mut frames, mut bytes_read) = (Parser::default(), Vec::new(), 0_usize);
        loop {
            let piece = self.piece(&mut response, bytes_read == 0).await?;
            let is_over = piece.is_none();
            let parsed = match &piece {
                Some(piece) => parser.push(piece, &mut frames),
                None => parser.finish(&mut frames),
            };
            bytes_read = bytes_read.saturating_add(piece.map_or(0, |piece| piece.len()));
            if parsed.is_err() || bytes_read > ANSWER_BYTES_MAX {
                return Err(Trouble::upstream(GatewayError::upstream_broken()));
            }
            for frame in frames.drain(..) {
                let taken = self.reader.take(frame, &mut self.hold.evidence);
                match taken.map_err(|_| Trouble::upstream(GatewayError::upstream_broken()))? {
                    Taken::Swallow => {}
                    Taken::Cut => return Ok(End::Cut),
                    Taken::End(last) => return Ok(End::Finished(last)),
                    Taken::Pass(event) if self.shaped.is_streamed => {
                        self.line.frame(Reader::wire(self.shaped.endpoint, &event)).await?;
                    }
                    Taken::Pass(_) => {}
                }
            }
            if is_over && self.reader.is_whole() {
                return Ok(End::Finished(None));
            }
            if is_over {
                return Err(Trouble::upstream(GatewayError::upstream_broken()));
            }
        }
    }

    /// Reads an answer that comes whole.
    async fn whole(&mut self, mut response: Response) -> Result<End, Trouble> {
        let mut bytes = Content::new(Vec::new());
        while let Some(piece) = self.piece(&mut response, bytes.expose().is_empty()).await? {
            if bytes.expose().len().saturating_add(piece.len()) > ANSWER_BYTES_MAX {
                return Err(Trouble::upstream(GatewayError::upstream_broken()));
            }
            bytes.expose_mut().extend_from_slice(&piece);
        }
        vectors(
            bytes.expose(),
            self.reader.model(),
            self.shaped.wants_base64,
            &mut self.hold.evidence,
        )
        .map(End::Whole)
        .map_err(|_| Trouble::upstream(GatewayError::upstream_broken()))
    }

    /// The next bytes, or none at the end.
    async fn piece(&mut self, response: &mut Response, is_first: bool) -> Result<Option<Bytes>, Trouble> {
        let deadline = if is_first {
            self.began.checked_add(self.target.first_byte_timeout)
        } else {
            Instant::now().checked_add(self.target.idle_timeout)
        };
        let deadline = deadline.unwrap_or_else(Instant::now).into();
        let read = tokio::time::timeout_at(deadline, response.chunk());
        match self.line.wait(read, working).await? {
            Err(_) => {
                self.gateway.metrics.failed(self.target, "silence");
                Err(Trouble::upstream(GatewayError::upstream_timeout()))
            }
            Ok(Err(_)) => {
                self.gateway.metrics.failed(self.target, "broke_off");
                Err(Trouble::upstream(GatewayError::upstream_broken()))
            }
            Ok(Ok(piece)) => {
                if is_first && piece.is_some() {
                    self.hold.first_byte = true;
                    self.gateway.metrics.first_byte(self.target, self.began.elapsed());
                }
                Ok(piece)
            }
        }
    }
}

/// What a sign of life says while the upstream works.
fn working() -> String {
    String::from("working")
}

fn is_of(response: &Response, media: &str) -> bool {
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with(media))
}
