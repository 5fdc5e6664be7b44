//! What an operator asks of the tools of a co-op before and after a vote: whether they answer, serve the models that are registered, and
//! whether any text has more tokens than are set aside for it.
//!
//! The bound of a call's cost counts a token for each byte, and what the template adds. Each probe is a text on which tokenizers are known
//! to make many tokens of few bytes, or a call to which templates add much; the server's own count of its input is compared with the
//! bound. It asks for one token each time; no member's account is charged, and nothing is booked.

use std::time::{Duration, Instant};

use governance::access::{ModelTerms, ToolKind};
use governance::id::{CoopId, UpstreamId};
use reqwest::Response;
use serde_json::Value;
use store::access::{ModelRow, ToolRow, models, tool_sealed_key, tools};
use store::coop::coop_of_slug;

use super::probes::{Question, questions};
use super::proving::note;
use super::{model_terms, tool_terms};
use crate::app::App;
use crate::gateway::meter::{ModelTarget, UpstreamKind};
use crate::gateway::shape::shape;
use crate::gateway::upstream::client::Failure;
use crate::problem::Problem;

/// The most of an answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 1_024 * 1_024;

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

/// A question that was asked.
#[derive(Debug, PartialEq, Eq)]
pub struct Probe {
    /// What is hard about it.
    pub name: &'static str,
    /// Where it was asked.
    pub endpoint: &'static str,
    /// Its messages, or texts.
    pub messages: u64,
    /// The tokens that are set aside for it.
    pub bound: u64,
    /// What came back.
    pub said: Said,
}

/// What a tool says to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// So many tokens it read.
    Tokens(u64),
    /// It does not take such calls, and need not.
    Refused,
    /// Nothing of use, and why.
    Nothing(&'static str),
}

/// How much more the template of a model adds than was registered, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lacks {
    /// To each call.
    pub call: u64,
    /// To each message, or text.
    pub message: u64,
}

impl Probe {
    /// Whether no more was used than was set aside, as far as this one tells.
    #[must_use]
    pub fn holds(&self) -> bool {
        match self.said {
            Said::Tokens(tokens) => tokens <= self.bound,
            Said::Refused => true,
            Said::Nothing(_) => false,
        }
    }

    /// How much more each message adds than is set aside for it, told by a call of the same form with fewer of them.
    fn grows_beyond(&self, fewer: &Self) -> Option<u64> {
        let (Said::Tokens(most), Said::Tokens(least)) = (self.said, fewer.said) else {
            return None;
        };
        let messages = self.messages.checked_sub(fewer.messages).filter(|more| *more > 0)?;
        let is_same_form = (self.name, self.endpoint) == (fewer.name, fewer.endpoint);
        let bound = self.bound.saturating_sub(fewer.bound);
        is_same_form.then(|| most.saturating_sub(least).saturating_sub(bound).div_ceil(messages))
    }
}

impl ModelReport {
    /// Whether every probe was answered within its bound, and no message adds more than is set aside for it.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.probes.is_empty() && self.probes.iter().all(Probe::holds) && self.lacks() == Lacks::default()
    }

    /// What the template of the model adds beyond what is set aside; nothing where the bound holds.
    #[must_use]
    pub fn lacks(&self) -> Lacks {
        let pairs = self.probes.iter().zip(self.probes.iter().skip(1));
        let grown = pairs.filter_map(|(fewer, more)| more.grows_beyond(fewer));
        let message = grown.max().unwrap_or_default();
        let beyond = |probe: &Probe| match probe.said {
            Said::Tokens(tokens) => {
                let bound = probe.bound.saturating_add(message.saturating_mul(probe.messages));
                tokens.saturating_sub(bound)
            }
            Said::Refused | Said::Nothing(_) => 0,
        };
        Lacks {
            call: self.probes.iter().map(beyond).max().unwrap_or_default(),
            message,
        }
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

/// Asks a model each question, until one is not answered: the others would not be either.
async fn probe(app: &App, target: &ModelTarget, terms: &ModelTerms) -> ModelReport {
    let mut probes = Vec::new();
    for question in questions(terms, &target.id) {
        let probe = ask(app, target, terms, &question).await;
        let is_over = matches!(probe.said, Said::Nothing(_));
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

async fn ask(app: &App, target: &ModelTarget, terms: &ModelTerms, question: &Question) -> Probe {
    let mut probe = Probe {
        name: question.name,
        endpoint: question.endpoint.name(),
        messages: 0,
        bound: 0,
        said: Said::Nothing("it could not be asked"),
    };
    let Ok(shaped) = shape(question.endpoint, question.body.to_string().as_bytes()) else {
        return probe;
    };
    let templates = terms.overhead.message.saturating_mul(shaped.messages);
    let added = terms.overhead.call.saturating_add(templates);
    probe.messages = shaped.messages;
    probe.bound = shaped.input_bound.saturating_add(added);
    let Ok(body) = shaped.for_upstream(target, 16, "the operator") else {
        return probe;
    };
    let now = Instant::now();
    let deadline = now.checked_add(target.first_byte_timeout).unwrap_or(now);
    let asked = app
        .gateway
        .clients()
        .ask(target, question.endpoint, &body, deadline)
        .await;
    probe.said = match asked {
        Ok(answer) => tokens(answer, target.idle_timeout)
            .await
            .map_or_else(Said::Nothing, Said::Tokens),
        // A server whose template knows no tools, or no two messages of one kind in turn, says so in one of these ways.
        Err(Failure::Rejected(_) | Failure::Status(500 | 501)) if question.is_refusable => Said::Refused,
        Err(failure) => Said::Nothing(failure.name()),
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
