//! The chunks of chat and of the older completions.

use serde_json::{Map, Value, json};

use super::assembly::Assembly;
use super::{Broken, Meaning};
use crate::gateway::meter::Endpoint;
use crate::gateway::usage::Evidence;

/// What of a delta is output.
const OUTPUT: [&str; 4] = ["content", "reasoning_content", "reasoning", "refusal"];
/// What of a chunk is the same in all.
const HEAD: [&str; 4] = ["id", "object", "created", "system_fingerprint"];

pub struct Chunks {
    endpoint: Endpoint,
    /// Why each answer ended, where it did.
    ended: Vec<bool>,
    head: Map<String, Value>,
    /// Where the client wants it whole.
    assembly: Option<Assembly>,
}

impl Chunks {
    pub fn new(endpoint: Endpoint, n: u32, is_whole: bool) -> Self {
        let n = usize::try_from(n).unwrap_or_default();
        Self {
            endpoint,
            ended: vec![false; n],
            head: Map::new(),
            assembly: is_whole.then(|| Assembly::new(endpoint, n)),
        }
    }

    pub fn take(&mut self, event: &mut Map<String, Value>, evidence: &mut Evidence) -> Result<Meaning, Broken> {
        for name in HEAD {
            if let Some(value) = event.get(name)
                && !self.head.contains_key(name)
            {
                self.head.insert(name.to_owned(), value.clone());
            }
        }
        let empty = Vec::new();
        let choices = match event.get("choices") {
            None | Some(Value::Null) => &empty,
            Some(Value::Array(choices)) => choices,
            Some(_) => return Err(Broken::Form),
        };
        let is_last = choices.is_empty();
        for choice in choices {
            let bytes = output_bytes(choice)?;
            if bytes > 0 {
                evidence.note_piece(bytes);
            }
            let index = choice.get("index").map_or(Some(0), Value::as_u64).ok_or(Broken::Form)?;
            let ended = usize::try_from(index).ok().and_then(|index| self.ended.get_mut(index));
            *ended.ok_or(Broken::Form)? |= choice.get("finish_reason").is_some_and(|reason| !reason.is_null());
        }
        if let Some(timings) = event.get("timings") {
            evidence.note_timings(timings);
        }
        if let Some(usage) = event.get("usage") {
            if is_last || self.is_whole() {
                evidence.note_final(usage);
            } else {
                evidence.note_running(usage);
            }
        }
        Ok(if is_last { Meaning::Swallow } else { Meaning::Pass })
    }

    /// Adds a chunk to the whole answer, where that is wanted.
    pub fn add(&mut self, event: &Map<String, Value>) {
        if let (Some(assembly), Some(Value::Array(choices))) = (&mut self.assembly, event.get("choices")) {
            assembly.add(choices);
        }
    }

    pub fn is_whole(&self) -> bool {
        self.ended.iter().all(|ended| *ended)
    }

    pub fn head(&self, model: &str) -> Map<String, Value> {
        let mut head = self.head.clone();
        head.insert("model".into(), model.into());
        head
    }

    /// The end of each answer that has none.
    pub fn cut(&mut self, model: &str) -> Vec<Value> {
        let open: Vec<usize> = (0..self.ended.len())
            .filter(|index| self.ended.get(*index) == Some(&false))
            .collect();
        self.ended.fill(true);
        open.into_iter()
            .map(|index| {
                let mut chunk = self.head(model);
                let mut choice = json!({"index": index, "finish_reason": "length", "logprobs": null});
                let (name, nothing) = match self.endpoint {
                    Endpoint::Completions => ("text", json!("")),
                    Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::Embeddings => ("delta", json!({})),
                };
                choice[name] = nothing;
                chunk.insert("choices".into(), json!([choice]));
                Value::Object(chunk)
            })
            .collect()
    }

    pub fn whole(self, model: &str) -> Map<String, Value> {
        let mut answer = self.head(model);
        let object = match self.endpoint {
            Endpoint::Completions => "text_completion",
            Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::Embeddings => "chat.completion",
        };
        answer.insert("object".into(), object.into());
        let choices = self.assembly.map(Assembly::choices).unwrap_or_default();
        answer.insert("choices".into(), Value::Array(choices));
        answer
    }
}

/// How many bytes of output a choice holds; each choice of a chunk that has any holds a token or more.
fn output_bytes(choice: &Value) -> Result<usize, Broken> {
    let choice = choice.as_object().ok_or(Broken::Form)?;
    let length = |value: Option<&Value>| value.and_then(Value::as_str).map_or(0, str::len);
    let Some(delta) = choice.get("delta").filter(|delta| !delta.is_null()) else {
        return Ok(length(choice.get("text")));
    };
    let delta = delta.as_object().ok_or(Broken::Form)?;
    let calls = delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
    let arguments = calls
        .filter_map(|call| call.get("function"))
        .chain(delta.get("function_call"))
        .map(|function| length(function.get("arguments")));
    let texts = OUTPUT.iter().map(|name| length(delta.get(*name)));
    Ok(arguments.chain(texts).fold(0, usize::saturating_add))
}
