//! Who may ask, what is set aside and what is charged: the side of the gateway that decides and books, as the side that speaks HTTP
//! sees it.
//!
//! Units are whole micro-credits. A hold is a row with a lease: it is settled once, or swept by the voted rule when its lease ends.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use governance::id::{CoopId, HoldId, MemberId, ProposalId, UpstreamId};
use secrecy::SecretString;
use serde::Serialize;

/// Admits calls and books what they used.
#[async_trait]
pub trait Meter: Send + Sync {
    /// Finds the key, its member and co-op, the model and the policies, and sets aside what the call can cost at most: all of it, or
    /// nothing and a refusal that names the limit. One round trip; nothing about a key is believed from one call to the next.
    ///
    /// # Errors
    /// [`Refusal`].
    /// Lets whoever has a key send a question. It is not asked again each time, so a key that was revoked may pass here, and is refused when
    /// the call is to be admitted.
    ///
    /// # Errors
    /// [`Refusal::BadKey`], or that it cannot be known.
    async fn vouch(&self, key: &str) -> Result<(), Refusal>;

    async fn admit(&self, ask: &Ask<'_>) -> Result<Admission, Refusal>;

    /// Books what a call used, once for each admission: a repeated call answers as the first.
    ///
    /// # Errors
    /// [`MeterFault`]; the hold then falls to its lease.
    async fn settle(&self, hold: HoldId, outcome: &Outcome) -> Result<Settlement, MeterFault>;

    /// How many calls were settled of which the books do not know yet.
    fn unbooked(&self) -> usize {
        0
    }

    /// Extends the leases of running calls. Answers the holds that must stop, each with why.
    ///
    /// # Errors
    /// [`MeterFault`].
    async fn renew(&self, holds: &[HoldId]) -> Result<Vec<(HoldId, Stop)>, MeterFault>;

    /// The models that a key may use.
    ///
    /// # Errors
    /// [`Refusal`].
    async fn models(&self, key: &str) -> Result<Vec<ModelView>, Refusal>;

    /// What the key's member may still use.
    ///
    /// # Errors
    /// [`Refusal`].
    async fn allowance(&self, key: &str) -> Result<AllowanceView, Refusal>;

    /// The policies in force for the key's member.
    ///
    /// # Errors
    /// [`Refusal`].
    async fn policy(&self, key: &str) -> Result<PolicyView, Refusal>;
}

/// What is asked of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `POST /v1/chat/completions`.
    ChatCompletions,
    /// `POST /v1/completions`.
    Completions,
    /// `POST /v1/responses`, without state.
    Responses,
    /// `POST /v1/embeddings`.
    Embeddings,
}

impl Endpoint {
    /// Its name in keys' scopes, metrics and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat_completions",
            Self::Completions => "completions",
            Self::Responses => "responses",
            Self::Embeddings => "embeddings",
        }
    }
}

/// A call that wants to be admitted. It holds no word of what the member wrote, and no `Debug`, since it holds the key.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The key as it was sent.
    pub key: &'a str,
    /// Where the call comes from, for keys that are bound to networks.
    pub client: Option<IpAddr>,
    /// What is asked.
    pub endpoint: Endpoint,
    /// The model as it was asked for.
    pub model: &'a str,
    /// The bytes of every text of the input: a bound of its tokens without the constants of the model's template.
    pub input_bound: u64,
    /// The messages, or texts, of the input; each costs the constant of the model's template.
    pub messages: u64,
    /// How many answers are asked for.
    pub n: u32,
    /// The most output tokens of one answer, where the client set a limit.
    pub max_output: Option<u64>,
}

/// A call that was admitted.
pub struct Admission {
    /// What was set aside.
    pub hold: HoldId,
    /// The co-op.
    pub coop: CoopId,
    /// The member.
    pub member: MemberId,
    /// Where to ask.
    pub model: ModelTarget,
    /// Where else to ask while no byte was sent, in order: each is one the member may use, costs no more than what is held, and has
    /// no weaker licence or data location.
    pub fallbacks: Vec<ModelTarget>,
    /// The most input tokens that are held for.
    pub input_max: u64,
    /// The most output tokens of one answer: to inject, or to lower the client's own limit to.
    pub output_max: u64,
    /// Whether that is less than was asked for.
    pub clamped: bool,
    /// How many answers were asked for.
    pub answers: u32,
    /// What is set aside.
    pub units_held: u64,
    /// The voted weight of the member in the queue.
    pub weight: u32,
    /// What a call that breaks off costs.
    pub rule: PartialChargeRule,
    /// The proposal that set the tightest limit, where one did.
    pub proposal: Option<ProposalId>,
}

impl Admission {
    /// The most that the call takes of a tool, in tokens of input and of all answers.
    #[must_use]
    pub fn tokens_max(&self) -> u64 {
        let output = self.output_max.saturating_mul(self.answers.into());
        self.input_max.saturating_add(output)
    }
}

/// A model of an upstream.
#[derive(Clone)]
pub struct ModelTarget {
    /// The name by which members ask for it.
    pub id: String,
    /// The upstream.
    pub upstream: UpstreamId,
    /// Where the upstream is; paths such as `/chat/completions` follow, so it ends with `/v1` as a rule.
    pub base_url: String,
    /// The name the upstream gives the model.
    pub upstream_name: String,
    /// The key of the co-op at the upstream.
    pub provider_key: Option<SecretString>,
    /// What serves it, which decides by what extra fields it tells usage while it streams.
    pub kind: UpstreamKind,
    /// Whether it is somebody else's: unknown fields are dropped then, and the address must be a public one.
    pub external: bool,
    /// How long to wait for the first byte.
    pub first_byte_timeout: Duration,
    /// How long to wait between two bytes.
    pub idle_timeout: Duration,
    /// How many calls the upstream works on at once.
    pub slots: u32,
}

/// What serves a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpstreamKind {
    /// The server of llama.cpp.
    LlamaCpp,
    /// vLLM.
    Vllm,
    /// Anything else of the same shape.
    Plain,
}

/// What a call that broke off costs, by vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartialChargeRule {
    /// All that was held.
    FullHold,
    /// The input, and the output counted.
    Counted,
    /// The input.
    InputOnly,
    /// Nothing.
    Nothing,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The end.
    pub state: HoldState,
    /// What was used, within what was held for; `None` where nothing tells.
    pub usage: Option<Usage>,
    /// How that is known.
    pub source: UsageSource,
    /// Whether a byte of the answer reached us.
    pub first_byte: bool,
    /// The place in [`Admission::fallbacks`] of what answered, where it was not the model itself.
    pub fallback: Option<usize>,
    /// Whether the upstream said something about usage that cannot be.
    pub flagged: bool,
}

/// The ends of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoldState {
    /// The answer is whole.
    Finished,
    /// The upstream went past the limit and was cut.
    CutAtBound,
    /// The client left.
    ClientGone,
    /// The upstream broke off.
    UpstreamFailed,
    /// Nothing was sent to an upstream, or it refused.
    NothingSent,
}

/// Tokens used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Of the input.
    pub input: u64,
    /// Of the output, over all answers.
    pub output: u64,
}

/// Why a running call must stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Its key was revoked or has expired, or its member is not active any more.
    Revoked,
    /// The co-op is halted.
    Halted,
    /// Its hold is settled already, or is not known.
    Ended,
}

/// How usage is known, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageSource {
    /// The upstream said so at the end.
    Final,
    /// The upstream said so while it streamed.
    Continuous,
    /// Counted from what arrived.
    Counted,
    /// Not known: what was held for.
    Bound,
}

/// What was booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    /// What the member is charged; at most what was held.
    pub charged: u64,
    /// What the upstream claims beyond that; no member pays it.
    pub excess: u64,
}

/// Why a model may not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotPermitted {
    /// The model does not answer at this endpoint.
    Endpoint,
    /// The key was made for other models or endpoints.
    Key,
    /// The members decided so.
    Decision {
        /// What says who may use it.
        proposal: Option<ProposalId>,
    },
}

/// Why a call is not admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such key, or not any more.
    BadKey,
    /// The key or a policy does not permit this model or endpoint.
    ModelNotPermitted {
        /// As asked for.
        model: String,
        /// Why.
        why: NotPermitted,
    },
    /// It is not shown yet that no call of the model costs more than is set aside.
    ModelUnproved {
        /// As asked for.
        model: String,
    },
    /// There is no such model.
    ModelNotFound {
        /// As asked for.
        model: String,
    },
    /// The input and what should follow do not fit the model.
    ContextTooLong {
        /// The most tokens.
        limit: u64,
        /// The bound of what was asked for.
        asked: u64,
    },
    /// An allowance does not cover the call.
    AllowanceUsedUp(Box<AllowanceLine>),
    /// More answers than one call may ask for.
    TooManyAnswers {
        /// The most.
        limit: u32,
    },
    /// Too many wait already.
    QueueFull {
        /// When to come again.
        retry_after: Duration,
    },
    /// The upstream does not answer.
    UpstreamUnavailable {
        /// When to come again.
        retry_after: Duration,
    },
    /// The co-op is halted, and its tools with it.
    Halted {
        /// When the halt ends by itself.
        until: DateTime<Utc>,
    },
    /// The books cannot be read, so nothing is admitted.
    Unavailable,
}

/// The books could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the books could not be written: {0}")]
pub struct MeterFault(pub String);

/// A model as members see it. Prices are micro-credits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelView {
    /// Its name.
    pub id: String,
    /// When it was registered, in seconds of Unix time.
    pub created: i64,
    /// Who runs it.
    pub owned_by: String,
    /// Its licence.
    pub licence: String,
    /// Where what is sent to it goes.
    pub data_location: String,
    /// Whether it is somebody else's.
    pub external: bool,
    /// The most tokens of input and output together.
    pub context_tokens: u64,
    /// A thousand input tokens.
    pub input_units_per_thousand: u64,
    /// A thousand output tokens.
    pub output_units_per_thousand: u64,
    /// Each call.
    pub call_units: u64,
    /// The proposal that registered it.
    pub proposal: Option<ProposalId>,
}

/// What a member may still use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllowanceView {
    /// The accounts a call of this key is charged to; all of them must cover it.
    pub limits: Vec<AllowanceLine>,
}

/// One account. In micro-credits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllowanceLine {
    /// The account: `key`, `member`, `class`, `role` or `coop`.
    pub limit: String,
    /// Which class or office.
    pub subject: Option<String>,
    /// The period: `day`, `week` or `month`.
    pub period: Option<String>,
    /// The allowance of one period.
    pub cap: u64,
    /// What is spent of it; nothing where fewer than five share it.
    pub spent: Option<u64>,
    /// What running calls hold of it; nothing where fewer than five share it.
    pub held: Option<u64>,
    /// When it begins anew.
    pub resets_at: Option<DateTime<Utc>>,
    /// The proposal that set it.
    pub proposal: Option<ProposalId>,
}

/// The policies in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyView {
    /// Which of the co-op's policies it is; nothing where none was voted yet.
    pub version: Option<i64>,
    /// The proposal that set it as it is. What each line came with is in the line.
    pub proposal: Option<ProposalId>,
    /// Each of them.
    pub policies: Vec<PolicyLine>,
    /// What a call that breaks off costs.
    pub partial_charge_rule: PartialChargeRule,
    /// What a call costs whose server died.
    pub expired_charge_rule: PartialChargeRule,
    /// The member's weight in the queue.
    pub weight: u32,
}

/// One policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyLine {
    /// For whom: `coop`, `class`, `role` or `member`.
    pub scope: String,
    /// Which of them, such as the name of a class.
    pub subject: Option<String>,
    /// The allowance of one period, in micro-credits.
    pub cap: Option<u64>,
    /// The period: `day`, `week`, `month` or `year`.
    pub period: Option<String>,
    /// Since when it is in force.
    pub effective_at: DateTime<Utc>,
    /// The proposal that set it.
    pub proposal: Option<ProposalId>,
}
