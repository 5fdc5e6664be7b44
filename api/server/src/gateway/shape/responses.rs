//! `POST /v1/responses`, without state: everything a model is to know is in the request, and nothing of it is kept.

use serde_json::{Map, Value};

use super::{Measured, bound, limit};
use crate::gateway::error::GatewayError;

/// Fields that name something stored, which nothing here is.
const STATEFUL: [&str; 4] = ["previous_response_id", "conversation", "prompt", "context_management"];
/// Fields whose JSON stands in what the model reads.
const READ_BY_THE_MODEL: [&str; 3] = ["tools", "tool_choice", "text"];

/// Measures a body.
pub fn measure(body: &Map<String, Value>) -> Result<Measured, GatewayError> {
    for name in STATEFUL {
        if body.contains_key(name) {
            return Err(GatewayError::unsupported(
                name,
                "nothing is stored here; send the whole input",
            ));
        }
    }
    if body
        .get("background")
        .is_some_and(|background| background != &Value::Bool(false))
    {
        return Err(GatewayError::unsupported(
            "background",
            "an answer ends when its client leaves",
        ));
    }
    require_functions_alone(body)?;
    let (messages, mut input_bound) = input(body)?;
    match body.get("instructions") {
        None => {}
        Some(Value::String(text)) => input_bound = input_bound.saturating_add(bound::text(text)),
        Some(_) => return Err(GatewayError::invalid("instructions", "it must be a text")),
    }
    for name in READ_BY_THE_MODEL {
        input_bound = input_bound.saturating_add(body.get(name).map_or(0, bound::json));
    }
    Ok(Measured {
        input_bound,
        // Instructions are a message too.
        messages: messages.saturating_add(1),
        n: 1,
        max_output: limit(body, "max_output_tokens")?,
    })
}

/// Tools that a provider runs itself cost what nobody here has set a price for.
fn require_functions_alone(body: &Map<String, Value>) -> Result<(), GatewayError> {
    let tools = body.get("tools").and_then(Value::as_array);
    for (place, tool) in tools.into_iter().flatten().enumerate() {
        match tool.get("type").and_then(Value::as_str) {
            Some("function" | "custom") => {}
            Some(_) | None => {
                return Err(GatewayError::unsupported(
                    format!("tools.{place}.type"),
                    "only functions of your own are",
                ));
            }
        }
    }
    Ok(())
}

fn input(body: &Map<String, Value>) -> Result<(u64, u64), GatewayError> {
    match body.get("input") {
        Some(Value::String(text)) => Ok((1, bound::text(text))),
        Some(Value::Array(items)) if !items.is_empty() => {
            let mut sum = 0_u64;
            for (place, item) in items.iter().enumerate() {
                sum = sum.saturating_add(item_bound(place, item)?);
            }
            Ok((u64::try_from(items.len()).unwrap_or(u64::MAX), sum))
        }
        Some(_) | None => Err(GatewayError::invalid("input", "it must be a text or a list of items")),
    }
}

fn item_bound(place: usize, item: &Value) -> Result<u64, GatewayError> {
    let kind = item.get("type").map_or(Some("message"), Value::as_str);
    match kind {
        Some("message") => {
            let parts = item.get("content").and_then(Value::as_array);
            for (number, part) in parts.into_iter().flatten().enumerate() {
                require_text(&format!("input.{place}.content.{number}"), part)?;
            }
            Ok(bound::json(item))
        }
        Some("function_call_output") => {
            let parts = item.get("output").and_then(Value::as_array);
            for (number, part) in parts.into_iter().flatten().enumerate() {
                require_text(&format!("input.{place}.output.{number}"), part)?;
            }
            Ok(bound::json(item))
        }
        Some("function_call" | "reasoning" | "custom_tool_call" | "custom_tool_call_output") => Ok(bound::json(item)),
        Some(_) | None => Err(GatewayError::unsupported(
            format!("input.{place}.type"),
            "only messages, calls of functions, their output and reasoning are",
        )),
    }
}

fn require_text(at: &str, part: &Value) -> Result<(), GatewayError> {
    match part.get("type").and_then(Value::as_str) {
        Some("input_text" | "output_text" | "text" | "refusal") => Ok(()),
        Some(_) | None => Err(GatewayError::unsupported(
            format!("{at}.type"),
            "only text is; images and files have no bound here",
        )),
    }
}
