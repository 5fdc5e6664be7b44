//! `POST /v1/completions`, the older form.

use serde_json::{Map, Value};

use super::{Measured, N_MAX, bound, count, limit};
use crate::gateway::error::GatewayError;

/// Measures a body. Each prompt of a list has `n` answers, and of `best_of` the upstream makes all and shows the best.
pub fn measure(body: &Map<String, Value>) -> Result<Measured, GatewayError> {
    if body.get("echo") == Some(&Value::Bool(true)) {
        return Err(GatewayError::unsupported(
            "echo",
            "the prompt would be counted as output",
        ));
    }
    let (prompts, mut input_bound) = prompts(body)?;
    if let Some(Value::String(suffix)) = body.get("suffix") {
        input_bound = input_bound.saturating_add(bound::text(suffix));
    }
    let each = count(body, "n")?.max(count(body, "best_of")?);
    let n = prompts
        .checked_mul(u64::from(each))
        .and_then(|n| u32::try_from(n).ok())
        .filter(|n| *n <= N_MAX)
        .ok_or_else(|| {
            GatewayError::invalid(
                "prompt",
                format_args!("prompts and answers together may be at most {N_MAX}"),
            )
        })?;
    Ok(Measured {
        // Answers share the input where an upstream is wise, and not where it is not.
        input_bound,
        messages: prompts,
        n,
        max_output: limit(body, "max_tokens")?,
    })
}

/// How many prompts there are, and their bound together.
fn prompts(body: &Map<String, Value>) -> Result<(u64, u64), GatewayError> {
    let wrong = || GatewayError::invalid("prompt", "it must be a text, a list of texts, or a list of tokens");
    texts(body.get("prompt").ok_or_else(wrong)?).ok_or_else(wrong)
}

/// Texts, or lists of tokens: how many, and their bound together.
pub fn texts(value: &Value) -> Option<(u64, u64)> {
    match value {
        Value::String(text) => Some((1, bound::text(text))),
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) if items.iter().all(Value::is_u64) => Some((1, length(items))),
        Value::Array(items) => {
            let mut sum = 0_u64;
            for item in items {
                let bytes = match item {
                    Value::String(text) => bound::text(text),
                    Value::Array(tokens) if !tokens.is_empty() && tokens.iter().all(Value::is_u64) => length(tokens),
                    _ => return None,
                };
                sum = sum.saturating_add(bytes);
            }
            Some((length(items), sum))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn length(items: &[Value]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}
