//! Turns what a client asks into what an upstream is asked: parsed, bounded, and with nothing in it that would change who pays, who
//! waits or where it goes.
//!
//! | field | what becomes of it |
//! |---|---|
//! | `model`, `stream`, `stream_options`, limits of output | written by the gateway |
//! | `user`, `safety_identifier`, `prompt_cache_key`, `metadata` | replaced by one pseudonym, another one for each upstream |
//! | fields of the OpenAI API that are offered | passed |
//! | other fields | passed to upstreams of the co-op and counted as input; dropped for those of others |
//! | fields that would pick a slot, jump a queue or make more than was held for | dropped |

mod bound;
mod chat;
mod completions;
mod embeddings;
mod fields;
mod responses;

use serde_json::{Map, Value};

use super::content::Content;
use super::error::GatewayError;
use super::meter::{Endpoint, ModelTarget, UpstreamKind};

/// The most answers one call may ask for.
pub const N_MAX: u32 = 128;
/// The longest name of a model, in bytes.
const MODEL_BYTES_MAX: usize = 256;
/// The most output tokens a client may ask for; far above any model, so that sums stay small.
const OUTPUT_MAX: u64 = 1 << 24;

/// A call that was understood. It holds content, so it has no `Debug`.
pub struct Shaped {
    /// What is asked.
    pub endpoint: Endpoint,
    /// The model as it was asked for.
    pub model: String,
    /// A bound of the input's tokens; see [`super::meter::Ask::input_bound`].
    pub input_bound: u64,
    /// Messages, or texts.
    pub messages: u64,
    /// How many answers.
    pub n: u32,
    /// The client's own limit of one answer.
    pub max_output: Option<u64>,
    /// Whether the client wants a stream.
    pub is_streamed: bool,
    /// Whether it wants usage at the end of the stream.
    pub wants_usage: bool,
    /// Whether it wants embeddings as base64.
    pub wants_base64: bool,
    body: Content<Map<String, Value>>,
}

/// What an endpoint finds in a body, beyond what all have in common.
struct Measured {
    input_bound: u64,
    messages: u64,
    n: u32,
    max_output: Option<u64>,
}

/// Understands a body.
///
/// # Errors
/// 400 with the place of what is not acceptable.
pub fn shape(endpoint: Endpoint, bytes: &[u8]) -> Result<Shaped, GatewayError> {
    let mut body: Map<String, Value> =
        serde_json::from_slice(bytes).map_err(|error| GatewayError::malformed(error.line(), error.column()))?;
    // What is null is as if it were not there; the official clients send both.
    body.retain(|_, value| !value.is_null());
    let model = match body.get("model") {
        // No name holds a sign that the database has no place for, which would fail the calls that are admitted with this one.
        Some(Value::String(model))
            if (1..=MODEL_BYTES_MAX).contains(&model.len()) && !model.contains(char::is_control) =>
        {
            model.clone()
        }
        Some(_) | None => return Err(GatewayError::invalid("model", "it must be the name of a model")),
    };
    let is_streamed = match body.get("stream") {
        None => false,
        Some(Value::Bool(stream)) => *stream,
        Some(_) => return Err(GatewayError::invalid("stream", "it must be true or false")),
    };
    refuse_storing(&body)?;
    let measured = match endpoint {
        Endpoint::ChatCompletions => chat::measure(&body)?,
        Endpoint::Completions => completions::measure(&body)?,
        Endpoint::Responses => responses::measure(&body)?,
        Endpoint::Embeddings => embeddings::measure(&body)?,
    };
    let wants_usage = body
        .get("stream_options")
        .and_then(|options| options.get("include_usage"))
        .is_some_and(|wanted| wanted == &Value::Bool(true));
    let wants_base64 = embeddings::wants_base64(endpoint, &body)?;
    let input_bound = measured
        .input_bound
        .saturating_add(fields::unknown_bound(endpoint, &body));
    Ok(Shaped {
        endpoint,
        model,
        input_bound,
        messages: measured.messages,
        n: measured.n,
        max_output: measured.max_output,
        is_streamed,
        wants_usage,
        wants_base64,
        body: Content::new(body),
    })
}

/// Nothing is stored here, so nothing can be asked to be.
fn refuse_storing(body: &Map<String, Value>) -> Result<(), GatewayError> {
    if body.get("store").is_some_and(|store| store != &Value::Bool(false)) {
        return Err(GatewayError::unsupported(
            "store",
            "nothing that is written here is stored",
        ));
    }
    Ok(())
}

impl Shaped {
    /// The body for an upstream: its own name of the model, the limit of output, usage asked for, and a pseudonym in place of whatever
    /// would tell who asks.
    ///
    /// # Errors
    /// 500 where it cannot be written, which is a bug.
    pub fn for_upstream(
        &self,
        target: &ModelTarget,
        output_max: u64,
        pseudonym: &str,
    ) -> Result<Content<Vec<u8>>, GatewayError> {
        let mut body: Map<String, Value> = self
            .body
            .expose()
            .iter()
            .filter(|(name, _)| fields::passes(self.endpoint, name, target.external))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        body.insert("model".into(), target.upstream_name.clone().into());
        body.insert("user".into(), pseudonym.into());
        let limit = self.max_output.map_or(output_max, |asked| asked.min(output_max));
        match self.endpoint {
            Endpoint::ChatCompletions => {
                // Providers outside have given up the old name; servers of one's own do not all know the new one.
                let name = if target.external {
                    "max_completion_tokens"
                } else {
                    "max_tokens"
                };
                body.insert(name.into(), limit.into());
            }
            Endpoint::Completions => {
                body.insert("max_tokens".into(), limit.into());
            }
            Endpoint::Responses => {
                body.insert("max_output_tokens".into(), limit.into());
                body.insert("store".into(), false.into());
            }
            Endpoint::Embeddings => {
                body.insert("encoding_format".into(), "float".into());
            }
        }
        if self.endpoint != Endpoint::Embeddings {
            body.insert("stream".into(), true.into());
            ask_for_usage(&mut body, self.endpoint, target.kind);
        }
        let bytes = serde_json::to_vec(&body).map_err(|_| GatewayError::internal())?;
        Ok(Content::new(bytes))
    }

    /// Whether the client asked for the timings of llama.cpp itself.
    #[must_use]
    pub fn wants_timings(&self) -> bool {
        self.body.expose().get("timings_per_token") == Some(&Value::Bool(true))
    }
}

/// Always asks for usage, also on the way where the upstream can.
fn ask_for_usage(body: &mut Map<String, Value>, endpoint: Endpoint, kind: UpstreamKind) {
    if endpoint == Endpoint::Responses {
        return;
    }
    let mut options = Map::new();
    options.insert("include_usage".into(), true.into());
    match kind {
        UpstreamKind::Vllm => {
            options.insert("continuous_usage_stats".into(), true.into());
        }
        UpstreamKind::LlamaCpp => {
            body.insert("timings_per_token".into(), true.into());
        }
        UpstreamKind::Plain => {}
    }
    body.insert("stream_options".into(), Value::Object(options));
}

/// A limit of output in a field, where it is there.
fn limit(body: &Map<String, Value>, name: &str) -> Result<Option<u64>, GatewayError> {
    match body.get(name) {
        None => Ok(None),
        Some(value) => match value.as_u64() {
            Some(limit) if (1..=OUTPUT_MAX).contains(&limit) => Ok(Some(limit)),
            Some(_) | None => Err(GatewayError::invalid(
                name,
                format_args!("it must be a whole number from 1 to {OUTPUT_MAX}"),
            )),
        },
    }
}

/// How many answers a field asks for.
fn count(body: &Map<String, Value>, name: &str) -> Result<u32, GatewayError> {
    let Some(value) = body.get(name) else {
        return Ok(1);
    };
    value
        .as_u64()
        .and_then(|count| u32::try_from(count).ok())
        .filter(|count| (1..=N_MAX).contains(count))
        .ok_or_else(|| GatewayError::invalid(name, format_args!("it must be a whole number from 1 to {N_MAX}")))
}

#[cfg(test)]
mod tests;
