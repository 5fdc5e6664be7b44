//! Puts the chunks of an answer together to what the client would have been sent had it not been streamed.

use serde_json::{Map, Value, json};

use crate::gateway::meter::Endpoint;

/// The most calls of tools in one answer.
const CALLS_MAX: usize = 128;

pub struct Assembly {
    endpoint: Endpoint,
    choices: Vec<Choice>,
}

#[derive(Default)]
struct Choice {
    message: Map<String, Value>,
    calls: Vec<Map<String, Value>>,
    text: String,
    logprobs: Value,
    finish_reason: Value,
}

impl Assembly {
    pub fn new(endpoint: Endpoint, n: usize) -> Self {
        let choices = std::iter::repeat_with(Choice::default).take(n).collect();
        Self { endpoint, choices }
    }

    /// Adds the choices of a chunk, whose indices were looked at.
    pub fn add(&mut self, chunk: &[Value]) {
        for piece in chunk {
            let index = piece.get("index").and_then(Value::as_u64).unwrap_or_default();
            let choice = usize::try_from(index)
                .ok()
                .and_then(|index| self.choices.get_mut(index));
            if let Some(choice) = choice {
                choice.add(piece);
            }
        }
    }

    /// The choices; one without an end was cut for its length.
    pub fn choices(self) -> Vec<Value> {
        let endpoint = self.endpoint;
        let choices = self.choices.into_iter().enumerate();
        choices.map(|(index, choice)| choice.whole(endpoint, index)).collect()
    }
}

impl Choice {
    fn add(&mut self, piece: &Value) {
        if let Some(text) = piece.get("text").and_then(Value::as_str) {
            self.text.push_str(text);
        }
        if let Some(reason) = piece.get("finish_reason").filter(|reason| !reason.is_null()) {
            self.finish_reason = reason.clone();
        }
        if let Some(more) = piece.get("logprobs") {
            merge_lists(&mut self.logprobs, more);
        }
        let Some(Value::Object(delta)) = piece.get("delta") else {
            return;
        };
        for (name, value) in delta {
            match (name.as_str(), value) {
                (_, Value::Null) => {}
                ("tool_calls", Value::Array(calls)) => calls.iter().for_each(|call| self.add_call(call)),
                ("role", value) => {
                    self.message.insert("role".into(), value.clone());
                }
                ("function_call", Value::Object(call)) => {
                    let whole = self.message.entry("function_call").or_insert_with(|| json!({}));
                    if let Value::Object(whole) = whole {
                        merge_texts(whole, call);
                    }
                }
                (name, value) => merge_text(&mut self.message, name, value),
            }
        }
    }

    fn add_call(&mut self, call: &Value) {
        let Value::Object(call) = call else {
            return;
        };
        let next = self.calls.len();
        let index = call.get("index").and_then(Value::as_u64);
        let index = index.and_then(|index| usize::try_from(index).ok()).unwrap_or(next);
        if index >= CALLS_MAX {
            return;
        }
        while self.calls.len() <= index {
            self.calls.push(Map::new());
        }
        let Some(whole) = self.calls.get_mut(index) else {
            return;
        };
        for (name, value) in call {
            match (name.as_str(), value) {
                ("index", _) | (_, Value::Null) => {}
                ("function" | "custom", Value::Object(function)) => {
                    let whole = whole.entry(name.clone()).or_insert_with(|| json!({}));
                    if let Value::Object(whole) = whole {
                        merge_texts(whole, function);
                    }
                }
                // An identifier comes whole, and some servers repeat it.
                (_, value) => {
                    whole.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
        }
    }

    fn whole(self, endpoint: Endpoint, index: usize) -> Value {
        let reason = if self.finish_reason.is_null() {
            json!("length")
        } else {
            self.finish_reason
        };
        let mut choice = json!({"index": index, "finish_reason": reason, "logprobs": self.logprobs});
        match endpoint {
            Endpoint::Completions => choice["text"] = self.text.into(),
            Endpoint::ChatCompletions | Endpoint::Responses | Endpoint::Embeddings => {
                let mut message = self.message;
                message.entry("role").or_insert_with(|| json!("assistant"));
                message.entry("content").or_insert(Value::Null);
                message.entry("refusal").or_insert(Value::Null);
                if !self.calls.is_empty() {
                    let calls = self.calls.into_iter().map(Value::Object).collect();
                    message.insert("tool_calls".into(), Value::Array(calls));
                }
                choice["message"] = Value::Object(message);
            }
        }
        choice
    }
}

fn merge_texts(whole: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (name, value) in more {
        match (name.as_str(), value) {
            (_, Value::Null) => {}
            ("name", value) => {
                whole.entry("name").or_insert_with(|| value.clone());
            }
            (name, value) => merge_text(whole, name, value),
        }
    }
}

/// Texts are joined; anything else replaces what was there.
fn merge_text(whole: &mut Map<String, Value>, name: &str, value: &Value) {
    match (whole.get_mut(name), value) {
        (Some(Value::String(text)), Value::String(more)) => text.push_str(more),
        (_, value) => {
            whole.insert(name.to_owned(), value.clone());
        }
    }
}

/// Lists by name are joined, as the probabilities of tokens are told.
fn merge_lists(whole: &mut Value, more: &Value) {
    match (whole, more) {
        (_, Value::Null) => {}
        (Value::Object(whole), Value::Object(more)) => {
            for (name, value) in more {
                match (whole.get_mut(name), value) {
                    (Some(Value::Array(list)), Value::Array(more)) => list.extend(more.iter().cloned()),
                    (Some(_), Value::Null) => {}
                    (_, value) => {
                        whole.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        (whole, more) => *whole = more.clone(),
    }
}
