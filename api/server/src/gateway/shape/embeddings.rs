//! `POST /v1/embeddings`.

use serde_json::{Map, Value};

use super::{Measured, completions};
use crate::gateway::error::GatewayError;
use crate::gateway::meter::Endpoint;

/// The most texts of one call; the API of OpenAI has the same limit.
const INPUTS_MAX: u64 = 2_048;

/// Measures a body.
pub fn measure(body: &Map<String, Value>) -> Result<Measured, GatewayError> {
    let wrong = || {
        GatewayError::invalid(
            "input",
            format_args!("it must be a text, tokens, or a list of at most {INPUTS_MAX} of them"),
        )
    };
    let (messages, input_bound) = body
        .get("input")
        .and_then(completions::texts)
        .filter(|(texts, _)| *texts <= INPUTS_MAX)
        .ok_or_else(wrong)?;
    if body.get("stream").is_some_and(|stream| stream != &Value::Bool(false)) {
        return Err(GatewayError::unsupported("stream", "embeddings come whole"));
    }
    Ok(Measured {
        input_bound,
        messages,
        n: 1,
        max_output: Some(0),
    })
}

/// Whether embeddings are wanted as base64.
pub fn wants_base64(endpoint: Endpoint, body: &Map<String, Value>) -> Result<bool, GatewayError> {
    match (endpoint, body.get("encoding_format").map(Value::as_str)) {
        (Endpoint::ChatCompletions | Endpoint::Completions | Endpoint::Responses, _)
        | (Endpoint::Embeddings, None | Some(Some("float"))) => Ok(false),
        (Endpoint::Embeddings, Some(Some("base64"))) => Ok(true),
        (Endpoint::Embeddings, Some(_)) => Err(GatewayError::invalid("encoding_format", "it must be float or base64")),
    }
}
