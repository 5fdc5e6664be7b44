//! Admitting, settling, renewing and sweeping: each one statement, one round trip, one transaction, for all calls that came together.
//! The functions stand in `migrations/2026-11-26-001050_access_looks` and `…-001060_access_free` and, where nothing changed since, in
//! `…-001030_access_batches`, `…-001000_access_fallbacks` and `…-000800_access_halts`.

use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Jsonb, Nullable, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use governance::id::{CoopId, HoldId};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::prepared::prepared;
use crate::{Store, StoreError};

/// A call that wants to be admitted.
#[derive(Debug, Clone)]
pub struct AdmitAsk {
    /// The key.
    pub key: Uuid,
    /// What its secret becomes under each pepper.
    pub macs: Vec<[u8; 32]>,
    /// Where the call comes from.
    pub client: Option<String>,
    /// What is asked.
    pub endpoint: &'static str,
    /// Of which model.
    pub model: String,
    /// The bytes of the input; below 2^32, as the other numbers.
    pub bytes: u32,
    /// Its messages.
    pub messages: u32,
    /// The answers asked for.
    pub answers: u32,
    /// The most tokens of one answer.
    pub output: Option<u32>,
    /// How long the hold lasts without being renewed.
    pub lease_seconds: u16,
    /// The hold to be.
    pub hold: HoldId,
}

impl AdmitAsk {
    /// As the function of the database reads it.
    fn line(&self) -> Value {
        json!({
            "key": self.key,
            "macs": self.macs.iter().map(hex::encode).collect::<Vec<_>>(),
            "client": self.client,
            "endpoint": self.endpoint,
            "model": self.model,
            "bytes": self.bytes,
            "messages": self.messages,
            "answers": self.answers,
            "output": self.output,
            "lease_seconds": self.lease_seconds,
            "hold": self.hold.uuid(),
        })
    }
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Admitted {
    /// It is admitted.
    Admitted(Box<Open>),
    /// There is no such key.
    BadKey,
    /// There is no such model.
    ModelNotFound,
    /// The key or the policy does not permit it.
    ModelNotPermitted,
    /// It is not shown yet that no call of the model costs more than is set aside.
    ModelUnproved,
    /// The co-op is halted.
    Halted {
        /// Until then.
        until: chrono::DateTime<chrono::Utc>,
    },
    /// It does not fit the model.
    ContextTooLong {
        /// The most tokens.
        limit: u64,
        /// Those asked for.
        asked: u64,
    },
    /// An allowance does not cover it.
    AllowanceUsedUp(Box<UsedUp>),
}

/// A call that is admitted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Open {
    /// The member.
    pub member: Uuid,
    /// What is asked.
    pub target: Target,
    /// What else may answer, in order.
    pub fallbacks: Vec<Target>,
    /// The most tokens of input.
    pub input_max: u64,
    /// The most tokens of one answer.
    pub output_max: u64,
    /// Whether that is less than was asked for.
    pub clamped: bool,
    /// What is set aside.
    pub units: u64,
    /// What a call costs that breaks off.
    pub rule: String,
    /// The proposal that set the tightest limit.
    pub proposal: Option<Uuid>,
    /// The member's weight.
    pub weight: u32,
    /// The policy in force.
    pub policy_version: i64,
    /// What a call costs whose server died.
    pub expired_rule: String,
}

/// A model with the tool that serves it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Target {
    /// The model.
    pub name: String,
    /// Its tool.
    pub upstream_id: Uuid,
    /// Where that is.
    pub base_url: String,
    /// How it calls the model.
    pub upstream_name: String,
    /// The sealed key of the co-op there, in hexadecimal digits.
    pub provider_key: Option<String>,
    /// What serves it.
    pub kind: String,
    /// Whether it is somebody else's.
    pub external: bool,
    /// How many calls it works on at once.
    pub slots: u32,
    /// How long to wait for the first byte.
    pub first_byte_seconds: u32,
    /// How long to wait between two bytes.
    pub idle_seconds: u32,
    /// The most tokens of input and output together.
    pub context_tokens: u64,
    /// The most tokens of one answer.
    pub output_tokens: u64,
    /// The price of a token of input.
    pub price_input: u64,
    /// The price of a token of output.
    pub price_output: u64,
    /// The price of a call.
    pub price_call: u64,
    /// What the template adds to each call.
    pub overhead_call: u64,
    /// What it adds to each message.
    pub overhead_message: u64,
}

/// An allowance that does not cover a call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct UsedUp {
    /// Whose.
    pub limit: String,
    /// The proposal that set it.
    #[serde(default)]
    pub proposal: Option<Uuid>,
    /// When it begins anew.
    #[serde(default)]
    pub resets_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The limit.
    pub cap: u64,
    /// What is spent of it.
    pub spent: u64,
    /// What is held of it.
    pub held: u64,
}

/// How a call ended.
#[derive(Debug, Clone, Copy)]
pub struct SettleAsk {
    /// How.
    pub ending: &'static str,
    /// How its usage is known.
    pub source: &'static str,
    /// Tokens of input and output; below 2^32.
    pub usage: Option<(u32, u32)>,
    /// Whether a byte of the answer came.
    pub first_byte: bool,
    /// Whether the upstream said something that cannot be.
    pub flagged: bool,
    /// The place in [`Open::fallbacks`] of what answered; nothing where the model itself did.
    pub fallback: Option<u16>,
}

impl SettleAsk {
    /// As the function of the database reads it.
    fn line(self, hold: HoldId) -> Value {
        json!({
            "hold": hold.uuid(),
            "ending": self.ending,
            "source": self.source,
            "input": self.usage.map(|usage| usage.0),
            "output": self.usage.map(|usage| usage.1),
            "first_byte": self.first_byte,
            "flagged": self.flagged,
            "fallback": self.fallback,
        })
    }
}

/// A call that costs nothing, to be noted.
#[derive(Debug, Clone)]
pub struct CallNote {
    /// Its hold.
    pub hold: HoldId,
    /// Its key.
    pub key: Uuid,
    /// Its member.
    pub member: Uuid,
    /// The model.
    pub model: String,
    /// What was asked.
    pub endpoint: &'static str,
    /// The most tokens of input.
    pub input_max: u64,
    /// The policy in force when it was admitted.
    pub policy_version: i64,
    /// What a call costs by it that breaks off.
    pub rule: String,
    /// What a call costs by it whose server died.
    pub expired_rule: String,
    /// How long ago it was admitted.
    pub age: Duration,
    /// How long its hold lasts without being renewed.
    pub lease_seconds: u16,
    /// How it ended; nothing while it runs.
    pub end: Option<SettleAsk>,
}

impl CallNote {
    /// As the function of the database reads it.
    fn line(&self) -> Value {
        let usage = self.end.and_then(|end| end.usage);
        json!({
            "hold": self.hold.uuid(),
            "key": self.key,
            "member": self.member,
            "model": self.model,
            "endpoint": self.endpoint,
            "input_max": self.input_max,
            "policy_version": self.policy_version,
            "rule": self.rule,
            "expired_rule": self.expired_rule,
            "age_ms": u64::try_from(self.age.as_millis()).unwrap_or(u64::MAX),
            "lease_seconds": self.lease_seconds,
            "ending": self.end.map(|end| end.ending),
            "source": self.end.map(|end| end.source),
            "input": usage.map(|usage| usage.0),
            "output": usage.map(|usage| usage.1),
            "flagged": self.end.map(|end| end.flagged),
        })
    }
}

/// A hold whose call must stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Stopped {
    /// Which.
    pub hold: Uuid,
    /// Why.
    pub why: StopWhy,
}

/// Why a call must stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopWhy {
    /// Its key or its member is not any more.
    Revoked,
    /// The co-op is halted.
    Halted,
    /// It is settled already, or there is none.
    Ended,
}

/// What was booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Settled {
    /// What the call cost.
    pub charged: u64,
    /// What goes beyond what was set aside.
    pub excess: u64,
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Nullable<Jsonb>)]
    answer: Option<Value>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct CoopRow {
    #[diesel(sql_type = SqlUuid)]
    coop_id: Uuid,
}

fn read<T: serde::de::DeserializeOwned>(answer: Value) -> Result<T, StoreError> {
    serde_json::from_value(answer)
        .map_err(|error| StoreError::Unexpected(diesel::result::Error::DeserializationError(Box::new(error))))
}

impl Store {
    /// Admits calls of one co-op or says why not; the answers in their order. What is left of an allowance goes to whoever comes first.
    ///
    /// # Errors
    /// If the database fails; nothing is set aside then, or it falls to its lease.
    pub async fn access_admit(&self, coop: CoopId, asks: &[AdmitAsk]) -> Result<Vec<Admitted>, StoreError> {
        let asks: Value = asks.iter().map(AdmitAsk::line).collect();
        let mut connection = self.app_connection().await?;
        let row: Answer = prepared(
            "-- access_admit
            SELECT access_admit($1, $2) AS answer",
        )
        .bind::<SqlUuid, _>(coop.uuid())
        .bind::<Jsonb, _>(asks)
        .get_result(&mut *connection)
        .await?;
        read(row.answer.unwrap_or_default())
    }

    /// Books what calls of one co-op used; nothing where there is no such hold. The answers in their order.
    ///
    /// # Errors
    /// If the database fails; asking again is right.
    pub async fn access_settle(
        &self,
        coop: CoopId,
        ends: &[(HoldId, SettleAsk)],
    ) -> Result<Vec<Option<Settled>>, StoreError> {
        let ends: Value = ends.iter().map(|(hold, ask)| ask.line(*hold)).collect();
        let mut connection = self.app_connection().await?;
        let row: Answer = prepared(
            "-- access_settle
            SELECT access_settle($1, $2) AS answer",
        )
        .bind::<SqlUuid, _>(coop.uuid())
        .bind::<Jsonb, _>(ends)
        .get_result(&mut *connection)
        .await?;
        read(row.answer.unwrap_or_default())
    }

    /// For each key of a co-op a mark of all that bears on whether its calls are admitted, but for what is left of allowances: as long as
    /// it is the same, so is the answer. Nothing where none of its calls is.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn access_marks(&self, coop: CoopId, keys: &[Uuid]) -> Result<Vec<Option<String>>, StoreError> {
        let mut connection = self.app_connection().await?;
        let row: Answer = prepared(
            "-- access_marks
            SELECT access_marks($1, $2) AS answer",
        )
        .bind::<SqlUuid, _>(coop.uuid())
        .bind::<Array<SqlUuid>, _>(keys)
        .get_result(&mut *connection)
        .await?;
        read(row.answer.unwrap_or_default())
    }

    /// Notes calls of one co-op that cost nothing: those that ended as settled, the others as open holds. What is noted again stays as it is.
    ///
    /// # Errors
    /// If the database fails; noting it again is right.
    pub async fn access_note(&self, coop: CoopId, calls: &[CallNote]) -> Result<(), StoreError> {
        let calls: Value = calls.iter().map(CallNote::line).collect();
        let mut connection = self.app_connection().await?;
        prepared(
            "-- access_note
            SELECT access_note($1, $2)",
        )
        .bind::<SqlUuid, _>(coop.uuid())
        .bind::<Jsonb, _>(calls)
        .execute(&mut *connection)
        .await?;
        Ok(())
    }

    /// Extends leases; answers the holds that must stop, each with why.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn access_renew(
        &self,
        coop: CoopId,
        holds: &[Uuid],
        lease_seconds: u16,
    ) -> Result<Vec<Stopped>, StoreError> {
        let mut connection = self.app_connection().await?;
        let row: Answer = prepared(
            "-- access_renew
            SELECT access_renew($1, $2, $3) AS answer",
        )
        .bind::<SqlUuid, _>(coop.uuid())
        .bind::<Array<SqlUuid>, _>(holds)
        .bind::<Integer, _>(i32::from(lease_seconds))
        .get_result(&mut *connection)
        .await?;
        read(row.answer.unwrap_or_default())
    }

    /// Settles holds whose leases ended, a bounded number; how many.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn access_sweep(&self, coop: CoopId, limit: u16) -> Result<u64, StoreError> {
        let mut connection = self.app_connection().await?;
        let row: Number = prepared(
            "-- access_sweep
            SELECT access_sweep($1, $2) AS number",
        )
        .bind::<SqlUuid, _>(coop.uuid())
        .bind::<Integer, _>(i32::from(limit))
        .get_result(&mut *connection)
        .await?;
        Ok(row.number.unsigned_abs())
    }

    /// Co-ops with holds whose leases ended.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn access_expired_coops(&self, limit: u16) -> Result<Vec<CoopId>, StoreError> {
        let mut connection = self.global_connection().await?;
        let rows: Vec<CoopRow> = prepared(
            "-- access_expired_coops
            SELECT DISTINCT coop_id FROM access_hold WHERE state = 'open' AND lease_until < clock_timestamp() LIMIT $1",
        )
        .bind::<BigInt, _>(i64::from(limit))
        .get_results(&mut *connection)
        .await?;
        Ok(rows.into_iter().map(|row| CoopId::from_uuid(row.coop_id)).collect())
    }
}
