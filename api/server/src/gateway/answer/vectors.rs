//! Embeddings, which come whole.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Broken;
use crate::gateway::content::Content;
use crate::gateway::usage::Evidence;

/// Reads an answer, in numbers or base64, and writes it as the client wants it: base64 of little-endian numbers of 32 bits, as the API
/// of OpenAI has it.
///
/// # Errors
/// [`Broken`].
pub fn vectors(
    bytes: &[u8],
    model: &str,
    wants_base64: bool,
    evidence: &mut Evidence,
) -> Result<Content<Value>, Broken> {
    let mut answer: Value = serde_json::from_slice(bytes).map_err(|_| Broken::Form)?;
    let Some(members) = answer.as_object_mut() else {
        return Err(Broken::Form);
    };
    if members.get("error").is_some_and(|error| !error.is_null()) {
        return Err(Broken::Said);
    }
    members.insert("model".into(), model.into());
    if let Some(usage) = members.get("usage") {
        evidence.note_final(usage);
    }
    let Some(Value::Array(list)) = members.get_mut("data") else {
        return Err(Broken::Form);
    };
    for item in list {
        let vector = item.get_mut("embedding").ok_or(Broken::Form)?;
        let numbers = numbers(vector)?;
        if wants_base64 {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            *vector = STANDARD.encode(bytes).into();
        } else if vector.is_string() {
            *vector = numbers.into_iter().map(Value::from).collect();
        }
    }
    Ok(Content::new(answer))
}

fn numbers(vector: &Value) -> Result<Vec<f32>, Broken> {
    match vector {
        Value::Array(numbers) => numbers
            .iter()
            // Numbers stay whole numbers of 32 bits: that is all that models make.
            .map(|number| {
                number
                    .to_string()
                    .parse()
                    .ok()
                    .filter(|number: &f32| number.is_finite())
                    .ok_or(Broken::Form)
            })
            .collect(),
        Value::String(text) => {
            let bytes = STANDARD.decode(text).map_err(|_| Broken::Form)?;
            let (numbers, rest) = bytes.as_chunks::<4>();
            if !rest.is_empty() {
                return Err(Broken::Form);
            }
            Ok(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Err(Broken::Form),
    }
}
