//! The models that the demonstration shares: what the members decided to run, for whom, and how much of it.

use serde_json::{Value, json};

use super::{Asking, Cast, DemoModels, acts, decide, new};
use crate::app::App;
use crate::problem::Problem;

/// What each member may use a day at first, in micro-credits: a few answers, so that a look at it meets the limit.
pub const FIRST_ALLOWANCE: u64 = 3_000;

/// Decides it.
pub async fn share(app: &App, asking: Asking, cast: &[Cast], models: &DemoModels) -> Result<(), Problem> {
    let mut shared = new(
        "quick_motion",
        "Share an open model and a model of embeddings among all members",
        "Both run on our own machine, and what we ask them stays there. Each of us may use a little a day until we know what they carry.",
    );
    shared.actions = acts(json!([
        {"act": tool("language", &models.language)},
        {"act": tool("embeddings", &models.embeddings)},
        {"act": model("smollm2-135m-instruct", "language", (1_024, 200), &["chat_completions", "completions"])},
        {"act": model("multilingual-e5-small", "embeddings", (512, 0), &["embeddings"])},
        {"act": policy(0, FIRST_ALLOWANCE)},
    ]))?;
    decide(
        app,
        asking,
        cast,
        shared,
        [
            (0, Some("Small, but ours.")),
            (0, None),
            (0, None),
            (0, None),
            (0, None),
        ],
    )
    .await
}

fn tool(name: &str, base_url: &str) -> Value {
    json!({"action": "set_tool", "version": 1, "tool": name, "terms": {"kind": "plain", "base_url": base_url, "external": false,
        "data_location": "our own machine", "slots": 2, "first_byte_seconds": 300, "idle_seconds": 60}})
}

fn model(name: &str, tool: &str, (context, output): (u64, u64), endpoints: &[&str]) -> Value {
    let licence = if output == 0 { "MIT" } else { "Apache-2.0" };
    json!({"action": "set_model", "version": 1, "model": name, "terms": {"tool": tool, "upstream_name": name, "licence": licence,
        "context_tokens": context, "output_tokens": output, "price": {"input": 1, "output": 10, "call": 0},
        "overhead": {"call": 8, "message": 8}, "endpoints": endpoints}})
}

/// The policy in the place of the version before it: so much a day for each member, at a cent for a thousand micro-credits.
pub fn policy(replaces: u64, units: u64) -> Value {
    json!({"action": "set_access_policy", "version": 1, "replaces": replaces, "policy": {
        "allowances": [{"for": {"group": "everyone"}, "share": "each", "period": "day", "units": units}],
        "partial_charge": "counted", "expired_charge": "input_only",
        "rate": {"currency": "EUR", "minor_per_million": 1_000_000_000}}})
}
