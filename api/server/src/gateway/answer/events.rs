//! The events of responses.

use serde_json::{Map, Value, json};

use super::{Broken, Meaning};
use crate::gateway::usage::Evidence;

/// The most items of one answer.
const ITEMS_MAX: usize = 1_024;

#[derive(Default)]
pub struct Events {
    /// The response as it was told last.
    response: Option<Map<String, Value>>,
    /// The items that are done, and the text of the one that is not.
    items: Vec<Value>,
    text: String,
    /// The bytes of the last piece of it, which is the one too many where the answer is cut.
    last_bytes: usize,
    sequence: u64,
}

impl Events {
    pub fn take(
        &mut self,
        event: &mut Map<String, Value>,
        model: &str,
        evidence: &mut Evidence,
    ) -> Result<Meaning, Broken> {
        let kind = event
            .get("type")
            .and_then(Value::as_str)
            .ok_or(Broken::Form)?
            .to_owned();
        if let Some(sequence) = event.get("sequence_number").and_then(Value::as_u64) {
            self.sequence = sequence;
        }
        if let Some(response) = event.get_mut("response") {
            let Value::Object(response) = response else {
                return Err(Broken::Form);
            };
            response.insert("model".into(), model.into());
            response.insert("store".into(), false.into());
            if let Some(usage) = response.get("usage") {
                evidence.note_final(usage);
            }
            self.response = Some(response.clone());
        }
        match kind.as_str() {
            "response.completed" | "response.incomplete" => {
                return self.response.as_ref().map(|_| Meaning::End).ok_or(Broken::Form);
            }
            "response.failed" | "error" => return Err(Broken::Said),
            "response.output_item.done" => {
                if let Some(item) = event.get("item")
                    && self.items.len() < ITEMS_MAX
                {
                    self.items.push(item.clone());
                }
                self.text.clear();
            }
            _ => {}
        }
        if kind.ends_with(".delta") {
            let piece = event.get("delta").and_then(Value::as_str);
            evidence.note_piece(piece.map_or(0, str::len));
            self.last_bytes = 0;
            if let ("response.output_text.delta", Some(text)) = (kind.as_str(), piece) {
                self.text.push_str(text);
                self.last_bytes = text.len();
            }
        }
        Ok(Meaning::Pass)
    }

    /// The response ends here for its length.
    pub fn cut(&mut self, model: &str) -> Vec<Value> {
        let mut response = self.response.take().unwrap_or_default();
        self.text.truncate(self.text.len().saturating_sub(self.last_bytes));
        if !self.text.is_empty() {
            let content = json!([{"type": "output_text", "text": std::mem::take(&mut self.text), "annotations": []}]);
            self.items.push(json!({"type": "message", "id": "msg_cut", "role": "assistant", "status": "incomplete", "content": content}));
        }
        response.insert("model".into(), model.into());
        response.insert("status".into(), "incomplete".into());
        response.insert("incomplete_details".into(), json!({"reason": "max_output_tokens"}));
        response.insert("output".into(), Value::Array(std::mem::take(&mut self.items)));
        self.response = Some(response.clone());
        let sequence = self.sequence.saturating_add(1);
        vec![json!({"type": "response.incomplete", "sequence_number": sequence, "response": response})]
    }

    pub fn whole(self) -> Option<Map<String, Value>> {
        self.response
    }
}
