//! `POST /v1/chat/completions`.

use serde_json::{Map, Value};

use super::{Measured, bound, count, limit};
use crate::gateway::error::GatewayError;

/// Fields whose JSON stands in what the model reads.
const READ_BY_THE_MODEL: [&str; 5] = ["tools", "functions", "tool_choice", "function_call", "response_format"];

/// Measures a body.
pub fn measure(body: &Map<String, Value>) -> Result<Measured, GatewayError> {
    let Some(Value::Array(messages)) = body
        .get("messages")
        .filter(|messages| messages.as_array().is_some_and(|list| !list.is_empty()))
    else {
        return Err(GatewayError::invalid(
            "messages",
            "it must be a list of at least one message",
        ));
    };
    require_text_alone(body)?;
    let mut input_bound = 0_u64;
    for (place, message) in messages.iter().enumerate() {
        input_bound = input_bound.saturating_add(message_bound(place, message)?);
    }
    for name in READ_BY_THE_MODEL {
        input_bound = input_bound.saturating_add(body.get(name).map_or(0, bound::json));
    }
    let old = limit(body, "max_tokens")?;
    let new = limit(body, "max_completion_tokens")?;
    Ok(Measured {
        input_bound,
        messages: u64::try_from(messages.len()).unwrap_or(u64::MAX),
        n: count(body, "n")?,
        max_output: old.into_iter().chain(new).min(),
    })
}

/// Sound has a price by the second that no model here states.
fn require_text_alone(body: &Map<String, Value>) -> Result<(), GatewayError> {
    let is_text = |modalities: &Value| {
        let list = modalities.as_array();
        list.is_some_and(|list| list.iter().all(|modality| modality == "text"))
    };
    if body.get("modalities").is_some_and(|modalities| !is_text(modalities)) || body.contains_key("audio") {
        return Err(GatewayError::unsupported(
            "modalities",
            "models here answer with text alone",
        ));
    }
    Ok(())
}

fn message_bound(place: usize, message: &Value) -> Result<u64, GatewayError> {
    let at = || format!("messages.{place}");
    let Value::Object(members) = message else {
        return Err(GatewayError::invalid(at(), "it must be an object"));
    };
    if !members.get("role").is_some_and(Value::is_string) {
        return Err(GatewayError::invalid(format!("{}.role", at()), "it must be a text"));
    }
    let mut sum = 0_u64;
    for (name, value) in members {
        let part = match (name.as_str(), value) {
            ("content", Value::Array(parts)) => parts_bound(&at(), parts)?,
            ("content", Value::String(_) | Value::Null) => text_or_nothing(value),
            ("content", _) => {
                return Err(GatewayError::invalid(
                    format!("{}.content", at()),
                    "it must be a text or a list of parts",
                ));
            }
            ("audio", Value::Object(_)) => {
                return Err(GatewayError::unsupported(
                    format!("{}.audio", at()),
                    "models here read text alone",
                ));
            }
            (_, Value::String(text)) => bound::text(text),
            // Calls of tools, and whatever a template may know how to show.
            (name, value) => bound::json(value).saturating_add(bound::text(name)),
        };
        sum = sum.saturating_add(part);
    }
    Ok(sum)
}

fn parts_bound(at: &str, parts: &[Value]) -> Result<u64, GatewayError> {
    let mut sum = 0_u64;
    for (place, part) in parts.iter().enumerate() {
        let field = match part.get("type").and_then(Value::as_str) {
            Some("text") => "text",
            Some("refusal") => "refusal",
            Some(_) | None => {
                let at = format!("{at}.content.{place}.type");
                return Err(GatewayError::unsupported(
                    at,
                    "only parts of the type text are; images and sound have no bound here",
                ));
            }
        };
        let Some(Value::String(text)) = part.get(field) else {
            return Err(GatewayError::invalid(
                format!("{at}.content.{place}.{field}"),
                "it must be a text",
            ));
        };
        // Parts are joined by a line at most; what else a part holds may be shown too.
        let others = bound::json(part).saturating_sub(bound::text(text));
        sum = sum.saturating_add(bound::text(text)).saturating_add(others);
    }
    Ok(sum)
}

fn text_or_nothing(value: &Value) -> u64 {
    value.as_str().map_or(0, bound::text)
}
