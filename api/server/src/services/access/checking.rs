//! What an operator asks of the tools of a co-op before and after a vote: whether they answer, serve the models that are registered, and
//! whether any text has more tokens than are set aside for it.
//!
//! The bound of a call's cost counts a token for each byte. Each probe is a text on which tokenizers are known to make many tokens of
//! few bytes; the server's own count of its input is compared with the bound. It asks each model a dozen times for one token; no member's
//! account is charged, and nothing is booked.

use std::time::{Duration, Instant};

use governance::access::{Endpoint, ModelTerms, ToolKind};
use governance::id::{CoopId, UpstreamId};
use reqwest::Response;
use serde_json::{Value, json};
use store::access::{ModelRow, ToolRow, models, tool_sealed_key, tools};
use store::coop::coop_of_slug;

use super::proving::note;
use super::{model_terms, tool_terms};
use crate::app::App;
use crate::gateway::meter::{self, ModelTarget, UpstreamKind};
use crate::gateway::shape::shape;
use crate::problem::Problem;

/// The least length of a probe, in bytes; none is much longer, so that every model has room for it.
const PROBE_BYTES: usize = 240;
/// The most of an answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1_024 * 1_024;

/// Texts by what is hard about them; each is repeated.
const PROBES: &[(&str, &str)] = &[
    ("words", "The weavers met in Toad Lane. "),
    ("digits", "0123456789"),
    ("hexadecimal digits", "9f86d081884c7d65"),
    ("emoji", "\u{1f642}\u{1f9f5}\u{1f3ed}"),
    ("cuneiform", "\u{12000}\u{12040}\u{12080}"),
    ("combining marks", "a\u{301}\u{323}\u{308}e\u{302}\u{32f}"),
    ("a sign that normal forms unfold", "\u{fdfa}"),
    (
        "what looks like marks of a template",
        "<|im_end|><|im_start|></s>[INST]",
    ),
    ("white space", " \t\n \r\n\u{a0}\u{2003}"),
    ("rare scripts", "\u{a9c1}\u{1e900}\u{11c00}\u{16b00}"),
    ("punctuation", "~`!@#$%^&*(){}|\\:;\"'<>,.?/"),
    ("letters of many", "q\u{17f}\u{2126}\u{fb03}\u{1d54f}\u{3300}"),
];

/// A tool, looked at.
#[derive(Debug)]
pub struct ToolReport {
    /// Its name.
    pub tool: String,
    /// Where it is.
    pub base_url: String,
    /// Its models.
    pub models: Vec<ModelReport>,
}

/// A model, looked at.
#[derive(Debug)]
pub struct ModelReport {
    /// Its name.
    pub model: String,
    /// What was asked, in order; it ends at the first that is not answered.
    pub probes: Vec<Probe>,
}

/// A text that was asked.
#[derive(Debug, PartialEq, Eq)]
pub struct Probe {
    /// What is hard about it.
    pub name: &'static str,
    /// The tokens that are set aside for it.
    pub bound: u64,
    /// The tokens that the tool says it has, or why it says nothing.
    pub tokens: Result<u64, &'static str>,
}

impl Probe {
    /// Whether no more was used than was set aside.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.tokens.is_ok_and(|tokens| tokens <= self.bound)
    }
}

impl ModelReport {
    /// Whether every probe was answered within its bound.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.probes.is_empty() && self.probes.iter().all(Probe::holds)
    }

    /// How many tokens the template of the model adds to a call beyond what is set aside; 0 where the bound holds.
    #[must_use]
    pub fn lacks(&self) -> u64 {
        let beyond = |probe: &Probe| Some(probe.tokens.ok()?.saturating_sub(probe.bound));
        self.probes.iter().filter_map(beyond).max().unwrap_or_default()
    }
}

/// Looks at the tools in use of a co-op, or at one of them.
///
/// # Errors
/// Where there is no such co-op or tool, or the database fails.
pub async fn check(app: &App, slug: &str, only: Option<&str>) -> Result<Vec<ToolReport>, Problem> {
    let mut tx = app.store.global_tx("access_check").await?;
    let coop = coop_of_slug(&mut tx, slug).await?;
    tx.commit().await?;
    let coop = coop.ok_or_else(Problem::not_found)?;
    let mut tx = app.store.coop_tx("access_check", coop).await?;
    let (rows, models) = (tools(&mut tx).await?, models(&mut tx).await?);
    let mut found = Vec::new();
    for row in rows {
        if row.retired_at.is_none() && only.is_none_or(|only| only == row.name) {
            let key = tool_sealed_key(&mut tx, UpstreamId::from_uuid(row.id)).await?;
            found.push((row, key));
        }
    }
    tx.commit().await?;
    if found.is_empty() {
        return Err(Problem::not_found());
    }
    let mut reports = Vec::new();
    for (row, key) in found {
        let mut report = ToolReport {
            tool: row.name.clone(),
            base_url: row.base_url.clone(),
            models: Vec::new(),
        };
        let served = |model: &&ModelRow| model.tool == row.name && model.retired_at.is_none();
        for model in models.iter().filter(served) {
            let target = target(app, coop, (&row, key.as_deref()), model)?;
            let found = probe(app, &target, &model_terms(model)?).await;
            // What holds is served from now on, if it was not yet.
            let _ = note(app, coop, (model, &found)).await?;
            report.models.push(found);
        }
        reports.push(report);
    }
    Ok(reports)
}

/// Looks at one model.
///
/// # Errors
/// If the database fails, or the key of the co-op at its tool cannot be read.
pub async fn look_at(app: &App, coop: CoopId, model: &ModelRow) -> Result<ModelReport, Problem> {
    let mut tx = app.store.coop_tx("access_look_at", coop).await?;
    let tool = tools(&mut tx).await?.into_iter().find(|tool| tool.name == model.tool);
    let tool = tool.ok_or_else(Problem::not_found)?;
    let key = tool_sealed_key(&mut tx, UpstreamId::from_uuid(tool.id)).await?;
    tx.commit().await?;
    let target = target(app, coop, (&tool, key.as_deref()), model)?;
    Ok(probe(app, &target, &model_terms(model)?).await)
}

fn target(
    app: &App,
    coop: CoopId,
    (tool, key): (&ToolRow, Option<&[u8]>),
    model: &ModelRow,
) -> Result<ModelTarget, Problem> {
    let terms = tool_terms(tool)?;
    let unseal = |sealed: &[u8]| app.secrets.unseal(coop, &tool.base_url, sealed);
    Ok(ModelTarget {
        id: model.name.clone(),
        upstream: UpstreamId::from_uuid(tool.id),
        upstream_name: model.upstream_name.clone(),
        provider_key: key.map(unseal).transpose().map_err(Problem::internal)?,
        kind: match terms.kind {
            ToolKind::LlamaCpp => UpstreamKind::LlamaCpp,
            ToolKind::Vllm => UpstreamKind::Vllm,
            ToolKind::Plain => UpstreamKind::Plain,
        },
        external: terms.external,
        first_byte_timeout: Duration::from_secs(terms.first_byte_seconds.into()),
        idle_timeout: Duration::from_secs(terms.idle_seconds.into()),
        slots: terms.slots,
        base_url: terms.base_url,
    })
}

/// Asks a model each probe, until one is not answered: the others would not be either.
async fn probe(app: &App, target: &ModelTarget, terms: &ModelTerms) -> ModelReport {
    let mut probes = Vec::new();
    for (name, unit) in PROBES {
        let text: String = unit.repeat(PROBE_BYTES.div_ceil(unit.len()));
        let probe = ask(app, target, terms, (name, &text)).await;
        let is_over = probe.tokens.is_err();
        probes.push(probe);
        if is_over {
            break;
        }
    }
    ModelReport {
        model: target.id.clone(),
        probes,
    }
}

/// The endpoint that is asked: one that answers in tokens, else vectors.
fn question(terms: &ModelTerms, model: &str, text: &str) -> (meter::Endpoint, Value) {
    if terms.endpoints.contains(&Endpoint::ChatCompletions) {
        let messages = json!([{"role": "user", "content": text}]);
        let body = json!({"model": model, "messages": messages, "max_tokens": 1});
        return (meter::Endpoint::ChatCompletions, body);
    }
    if terms.endpoints.contains(&Endpoint::Completions) {
        let body = json!({"model": model, "prompt": text, "max_tokens": 1});
        return (meter::Endpoint::Completions, body);
    }
    if terms.endpoints.contains(&Endpoint::Embeddings) {
        return (meter::Endpoint::Embeddings, json!({"model": model, "input": text}));
    }
    (
        meter::Endpoint::Responses,
        json!({"model": model, "input": text, "max_output_tokens": 16}),
    )
}

async fn ask(app: &App, target: &ModelTarget, terms: &ModelTerms, (name, text): (&'static str, &str)) -> Probe {
    let (endpoint, body) = question(terms, &target.id, text);
    let mut probe = Probe {
        name,
        bound: 0,
        tokens: Err("it could not be asked"),
    };
    let shaped = shape(endpoint, body.to_string().as_bytes());
    let Ok(shaped) = shaped else {
        return probe;
    };
    let templates = terms.overhead.message.saturating_mul(shaped.messages);
    let added = terms.overhead.call.saturating_add(templates);
    probe.bound = shaped.input_bound.saturating_add(added);
    let Ok(body) = shaped.for_upstream(target, 16, "the operator") else {
        return probe;
    };
    let now = Instant::now();
    let deadline = now.checked_add(target.first_byte_timeout).unwrap_or(now);
    probe.tokens = match app.gateway.clients().ask(target, endpoint, &body, deadline).await {
        Ok(answer) => tokens(answer, target.idle_timeout).await,
        Err(failure) => Err(failure.name()),
    };
    probe
}

/// What an answer, a stream or not, says of its input.
async fn tokens(mut answer: Response, patience: Duration) -> Result<u64, &'static str> {
    let mut bytes = Vec::new();
    loop {
        let piece = tokio::time::timeout(patience, answer.chunk()).await;
        match piece.map_err(|_| "silence")?.map_err(|_| "broke_off")? {
            Some(piece) if bytes.len().saturating_add(piece.len()) <= ANSWER_BYTES_MAX => {
                bytes.extend_from_slice(&piece)
            }
            Some(_) => return Err("it answers without end"),
            None => break,
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let said = |event: &str| {
        let event: Value = serde_json::from_str(event.trim()).ok()?;
        let usage = [event.get("usage"), event.pointer("/response/usage")]
            .into_iter()
            .flatten();
        let count = |usage: &Value| {
            usage
                .get("prompt_tokens")
                .or_else(|| usage.get("input_tokens"))?
                .as_u64()
        };
        usage.filter_map(count).next()
    };
    let told = events.filter_map(said).next_back().or_else(|| said(&text));
    told.ok_or("it does not say how many tokens it read")
}
