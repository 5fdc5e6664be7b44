//! What upstreams answer: read event by event, told on to clients that want a stream, put together for those that want it whole.

mod assembly;
mod chunks;
mod events;
mod vectors;

use serde_json::{Map, Value, json};

use super::content::Content;
use super::error::GatewayError;
use super::meter::{Endpoint, PartialChargeRule, Settlement, Usage, UsageSource};
use super::shape::Shaped;
use super::sse::Frame;
use super::usage::{Bounds, Evidence};

pub use vectors::vectors;

/// What the upstream sent is no answer, or says that it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An event is not of the expected form.
    #[error("the upstream sent an event that is not of the expected form")]
    Form,
    /// The upstream said that it failed.
    #[error("the upstream said that it failed")]
    Said,
}

/// What an event means.
pub enum Taken {
    /// It goes to the client.
    Pass(Content<Value>),
    /// It was for us alone.
    Swallow,
    /// With it the output would be longer than what is held for: it is dropped and the upstream with it.
    Cut,
    /// It is the last one; for the client too, where there is something in it.
    End(Option<Content<Value>>),
}

/// How a call is paid for, as its client is told at the end.
#[derive(Debug, Clone, Copy)]
pub struct Bill {
    /// What was used.
    pub usage: Option<Usage>,
    /// How that is known.
    pub source: UsageSource,
    /// What was booked; not known where the books could not be written.
    pub settlement: Option<Settlement>,
    /// What a call that breaks off costs.
    pub rule: PartialChargeRule,
    /// Whether another model than the one asked for answered.
    pub is_fallback: bool,
}

impl Bill {
    fn coop(&self) -> Value {
        json!({
            "usage_source": self.source,
            "charged_units": self.settlement.map(|booked| booked.charged),
            "partial_charge_rule": self.rule,
            "fallback": self.is_fallback,
        })
    }
}

/// The state of one answer.
pub struct Reader {
    endpoint: Endpoint,
    /// The name by which the client knows the model.
    model: String,
    wants_usage: bool,
    wants_timings: bool,
    bounds: Bounds,
    form: Form,
    /// The last `usage` object, with details that we do not judge.
    told: Option<Value>,
}

enum Form {
    Chunks(chunks::Chunks),
    Events(events::Events),
}

impl Reader {
    /// For the answer to a call.
    #[must_use]
    pub fn new(shaped: &Shaped, model: &str, bounds: Bounds) -> Self {
        let is_whole = !shaped.is_streamed;
        Self {
            endpoint: shaped.endpoint,
            model: model.to_owned(),
            wants_usage: shaped.wants_usage,
            wants_timings: shaped.wants_timings(),
            bounds,
            form: match shaped.endpoint {
                Endpoint::Responses => Form::Events(events::Events::default()),
                Endpoint::ChatCompletions | Endpoint::Completions | Endpoint::Embeddings => {
                    Form::Chunks(chunks::Chunks::new(shaped.endpoint, shaped.n, is_whole))
                }
            },
            told: None,
        }
    }

    /// Takes an event, and notes in `evidence` what it tells of usage.
    ///
    /// # Errors
    /// [`Broken`].
    pub fn take(&mut self, frame: Frame, evidence: &mut Evidence) -> Result<Taken, Broken> {
        if frame.data == b"[DONE]" {
            return Ok(Taken::End(None));
        }
        let Ok(Value::Object(mut event)) = serde_json::from_slice(&frame.data) else {
            return Err(Broken::Form);
        };
        if event.get("error").is_some_and(|error| !error.is_null()) || frame.event.as_deref() == Some("error") {
            return Err(Broken::Said);
        }
        if let Some(told) = usage_of(&event) {
            self.told = Some(told.clone());
        }
        let taken = match &mut self.form {
            Form::Chunks(chunks) => {
                event.insert("model".into(), self.model.clone().into());
                let taken = chunks.take(&mut event, evidence)?;
                self.tidy(&mut event);
                taken
            }
            Form::Events(events) => events.take(&mut event, &self.model, evidence)?,
        };
        if evidence.output_at_least() > self.bounds.output {
            return Ok(Taken::Cut);
        }
        Ok(match (&mut self.form, taken) {
            (Form::Chunks(chunks), Meaning::Pass) => {
                chunks.add(&event);
                Taken::Pass(Content::new(Value::Object(event)))
            }
            (Form::Events(_), Meaning::Pass) => Taken::Pass(Content::new(Value::Object(event))),
            (_, Meaning::Swallow) => Taken::Swallow,
            (_, Meaning::End) => Taken::End(Some(Content::new(Value::Object(event)))),
        })
    }

    /// Brings usage to what the client asked for: nothing, or null until the last chunk, which is ours.
    fn tidy(&self, event: &mut Map<String, Value>) {
        if !self.wants_timings {
            event.remove("timings");
        }
        if self.wants_usage {
            event.insert("usage".into(), Value::Null);
        } else {
            event.remove("usage");
        }
    }

    /// Whether the answer is whole although its stream just ended: some servers forget the last word.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        match &self.form {
            Form::Chunks(chunks) => chunks.is_whole(),
            Form::Events(_) => false,
        }
    }

    /// What a client that streams is told where the answer was cut: that it ends for its length.
    #[must_use]
    pub fn cut(&mut self) -> Vec<Content<Value>> {
        let events = match &mut self.form {
            Form::Chunks(chunks) => chunks.cut(&self.model),
            Form::Events(events) => events.cut(&self.model),
        };
        events.into_iter().map(Content::new).collect()
    }

    /// Adds to the last event of responses how it is paid for; the chunks of other endpoints have one of their own for that.
    pub fn bill(&self, event: &mut Content<Value>, bill: &Bill) {
        if let (Form::Events(_), Some(Value::Object(response))) = (&self.form, event.expose_mut().get_mut("response")) {
            response.insert("coop".into(), bill.coop());
        }
    }

    /// What a client that streams is told at last, after [`Self::cut`] or the end.
    #[must_use]
    pub fn last(&self, bill: &Bill) -> Option<Content<Value>> {
        let Form::Chunks(chunks) = &self.form else {
            return None;
        };
        self.wants_usage.then(|| {
            let mut last = chunks.head(&self.model);
            last.insert("choices".into(), json!([]));
            last.insert("usage".into(), self.usage(bill));
            last.insert("coop".into(), bill.coop());
            Content::new(Value::Object(last))
        })
    }

    /// The whole answer.
    ///
    /// # Errors
    /// 502 where there is none.
    pub fn whole(self, bill: &Bill) -> Result<Content<Value>, GatewayError> {
        let usage = self.usage(bill);
        let mut answer = match self.form {
            Form::Chunks(chunks) => {
                let mut answer = chunks.whole(&self.model);
                answer.insert("usage".into(), usage);
                answer
            }
            Form::Events(events) => events.whole().ok_or_else(GatewayError::upstream_broken)?,
        };
        answer.insert("coop".into(), bill.coop());
        Ok(Content::new(Value::Object(answer)))
    }

    /// Usage as the client reads it: the upstream's own words where they were believed.
    fn usage(&self, bill: &Bill) -> Value {
        if let (UsageSource::Final, Some(told)) = (bill.source, &self.told) {
            return told.clone();
        }
        let usage = bill.usage.unwrap_or_default();
        json!({
            "prompt_tokens": usage.input,
            "completion_tokens": usage.output,
            "total_tokens": usage.input.saturating_add(usage.output),
        })
    }

    /// An event as it goes over the wire.
    #[must_use]
    pub fn wire(endpoint: Endpoint, event: &Content<Value>) -> Vec<u8> {
        let event = event.expose();
        let name = match endpoint {
            Endpoint::Responses => event.get("type").and_then(Value::as_str),
            Endpoint::ChatCompletions | Endpoint::Completions | Endpoint::Embeddings => None,
        };
        let head = name.map_or_else(String::new, |name| {
            format!("event: {}\n", name.replace(['\r', '\n'], ""))
        });
        format!("{head}data: {event}\n\n").into_bytes()
    }

    /// An error as it goes over the wire once the head is gone. After it there is no `[DONE]`.
    #[must_use]
    pub fn wire_error(endpoint: Endpoint, error: &GatewayError) -> Vec<u8> {
        let mut body = error.body();
        if endpoint == Endpoint::Responses {
            body["type"] = "error".into();
            for name in ["code", "message", "param"] {
                body[name] = body["error"][name].clone();
            }
        }
        Self::wire(endpoint, &Content::new(body))
    }

    /// What the endpoint of this answer ends a stream with.
    #[must_use]
    pub const fn wire_end(endpoint: Endpoint) -> &'static [u8] {
        match endpoint {
            Endpoint::Responses => b"",
            Endpoint::ChatCompletions | Endpoint::Completions | Endpoint::Embeddings => b"data: [DONE]\n\n",
        }
    }

    /// The name by which the client knows the model.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The endpoint.
    #[must_use]
    pub const fn endpoint(&self) -> Endpoint {
        self.endpoint
    }
}

enum Meaning {
    Pass,
    Swallow,
    End,
}

fn usage_of(event: &Map<String, Value>) -> Option<&Value> {
    let usage = match event.get("response") {
        Some(response) => response.get("usage"),
        None => event.get("usage"),
    };
    usage.filter(|usage| usage.is_object())
}

#[cfg(test)]
mod tests;
