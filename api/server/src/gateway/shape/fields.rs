//! Which fields go where.

use serde_json::{Map, Value};

use super::bound;
use crate::gateway::meter::Endpoint;

/// Written by the gateway, whatever the client sent.
const WRITTEN: [&str; 10] = [
    "model",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "store",
    "encoding_format",
    "user",
    "timings_per_token",
];

/// Dropped for everyone: they tell who asks, or change how much is made, in what place, before whom, or by what template, so that the
/// hold would not cover it or another member would pay.
const DROPPED: [&str; 26] = [
    // Who asks.
    "safety_identifier",
    "prompt_cache_key",
    "metadata",
    // Other names of what is limited, and what multiplies it.
    "n_predict",
    "n_cmpl",
    "max_new_tokens",
    "use_beam_search",
    "best_of_n",
    "prediction",
    // What a call costs outside.
    "service_tier",
    "web_search_options",
    // Places and precedence at the upstream.
    "id_slot",
    "slot_id",
    "priority",
    "keep_alive",
    "kv_transfer_params",
    "cache_salt",
    "lora",
    "vllm_xargs",
    // Templates of one's own.
    "chat_template",
    // What would hide usage or show more than the answer.
    "response_fields",
    "__verbose",
    "verbose",
    "return_progress",
    "request_id",
    "mm_processor_kwargs",
];

/// What providers outside are sent of `POST /v1/chat/completions`.
const CHAT: [&str; 22] = [
    "messages",
    "tools",
    "tool_choice",
    "functions",
    "function_call",
    "parallel_tool_calls",
    "response_format",
    "n",
    "seed",
    "stop",
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "reasoning_effort",
    "verbosity",
    "modalities",
    "top_k",
    "min_p",
];

/// The same of `POST /v1/completions`.
const COMPLETIONS: [&str; 13] = [
    "prompt",
    "suffix",
    "n",
    "best_of",
    "echo",
    "seed",
    "stop",
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
];

/// The same of `POST /v1/responses`.
const RESPONSES: [&str; 12] = [
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "text",
    "reasoning",
    "include",
    "temperature",
    "top_p",
    "top_logprobs",
    "truncation",
];

/// The same of `POST /v1/embeddings`.
const EMBEDDINGS: [&str; 2] = ["input", "dimensions"];

fn offered(endpoint: Endpoint) -> &'static [&'static str] {
    match endpoint {
        Endpoint::ChatCompletions => &CHAT,
        Endpoint::Completions => &COMPLETIONS,
        Endpoint::Responses => &RESPONSES,
        Endpoint::Embeddings => &EMBEDDINGS,
    }
}

/// Whether a field goes to an upstream as the client sent it.
pub fn passes(endpoint: Endpoint, name: &str, is_external: bool) -> bool {
    if offered(endpoint).contains(&name) {
        return true;
    }
    !is_external && !WRITTEN.contains(&name) && !DROPPED.contains(&name)
}

/// A bound of what fields that we do not know may add to the input: a template may show any of them.
pub fn unknown_bound(endpoint: Endpoint, body: &Map<String, Value>) -> u64 {
    body.iter()
        .filter(|(name, _)| !offered(endpoint).contains(&name.as_str()) && passes(endpoint, name, false))
        .fold(0, |sum, (name, value)| {
            sum.saturating_add(bound::text(name)).saturating_add(bound::json(value))
        })
}
