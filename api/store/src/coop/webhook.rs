//! Webhooks and their messages.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{MemberId, WebhookId};
use uuid::Uuid;

use crate::{CoopTx, GlobalTx, StoreError};

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct WebhookRow {
    /// The webhook.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Where messages go.
    #[diesel(sql_type = Text)]
    pub url: String,
    /// Of what it is told.
    #[diesel(sql_type = Array<Text>)]
    pub events: Vec<String>,
    /// The number of its secret; 0 before the first.
    #[diesel(sql_type = BigInt)]
    pub generation: i64,
    /// The steward who registered it.
    #[diesel(sql_type = SqlUuid)]
    pub created_by: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// When it was ended.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub ended_at: Option<DateTime<Utc>>,
}

/// A message in the list of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct WebhookDeliveryRow {
    /// The message.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Of what.
    #[diesel(sql_type = Text)]
    pub event: String,
    /// The proposal.
    #[diesel(sql_type = SqlUuid)]
    pub subject_id: Uuid,
    /// When it happened.
    #[diesel(sql_type = Timestamptz)]
    pub happened_at: DateTime<Utc>,
    /// Whether it waits, arrived, or was given up.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// How often it was tried.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
    /// When it was tried last.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub attempted_at: Option<DateTime<Utc>>,
    /// The HTTP status of the last answer.
    #[diesel(sql_type = Nullable<Integer>)]
    pub last_status: Option<i32>,
    /// Why the last attempt failed.
    #[diesel(sql_type = Nullable<Text>)]
    pub last_error: Option<String>,
}

/// A message that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct WebhookMessage {
    /// The message.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// To which webhook.
    #[diesel(sql_type = SqlUuid)]
    pub webhook_id: Uuid,
    /// Where it goes.
    #[diesel(sql_type = Text)]
    pub url: String,
    /// The number of the secret that signs it.
    #[diesel(sql_type = BigInt)]
    pub generation: i64,
    /// Of what.
    #[diesel(sql_type = Text)]
    pub event: String,
    /// The proposal.
    #[diesel(sql_type = SqlUuid)]
    pub subject_id: Uuid,
    /// The co-op's short name.
    #[diesel(sql_type = Text)]
    pub slug: String,
    /// When it happened.
    #[diesel(sql_type = Timestamptz)]
    pub happened_at: DateTime<Utc>,
    /// How often it was tried before.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookAttempt<'a> {
    /// `waiting`, `delivered` or `given_up`.
    pub state: &'a str,
    /// The HTTP status of the answer.
    pub status: Option<i32>,
    /// Why it failed.
    pub error: Option<&'a str>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Is {
    #[diesel(sql_type = Bool)]
    is: bool,
}

const COLUMNS: &str = "id, url, events, generation, created_by, created_at, ended_at";

/// The webhooks after `after`, ended ones too.
///
/// # Errors
/// If the database fails.
pub async fn webhook_list(tx: &mut CoopTx, after: Uuid, limit: i64) -> Result<Vec<WebhookRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- webhook_list
        SELECT {COLUMNS} FROM webhook WHERE coop_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// How many webhooks work. Of two who register at once, the second one counts after the first.
///
/// # Errors
/// If the database fails.
pub async fn webhook_count(tx: &mut CoopTx) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- webhook_count, hold
        SELECT pg_advisory_xact_lock(hashtextextended('webhooks ' || $1::text, 0))",
    )
    .bind::<SqlUuid, _>(coop)
    .execute(tx.connection())
    .await?;
    let row: Number = sql_query(
        "-- webhook_count
        SELECT count(*) AS number FROM webhook WHERE coop_id = $1 AND ended_at IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .get_result(tx.connection())
    .await?;
    Ok(row.number)
}

/// Registers a webhook, without a secret yet.
///
/// # Errors
/// If the database fails.
pub async fn webhook_insert(
    tx: &mut CoopTx,
    id: WebhookId,
    (url, events): (&str, &[&str]),
    by: MemberId,
) -> Result<WebhookRow, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(format!(
        "-- webhook_insert
        INSERT INTO webhook (coop_id, id, url, events, created_by, recorded_by) VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING {COLUMNS}"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .bind::<Text, _>(url)
    .bind::<Array<Text>, _>(events)
    .bind::<SqlUuid, _>(by.uuid())
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The number of a webhook's next secret, which ends the one before; `None` where it does not work any more.
///
/// # Errors
/// If the database fails.
pub async fn webhook_renew_secret(tx: &mut CoopTx, webhook: WebhookId) -> Result<Option<i64>, StoreError> {
    let coop = tx.coop().uuid();
    let row: Option<Number> = sql_query(
        "-- webhook_renew_secret
        UPDATE webhook SET generation = generation + 1 WHERE coop_id = $1 AND id = $2 AND ended_at IS NULL
        RETURNING generation AS number",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(webhook.uuid())
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(row.map(|row| row.number))
}

/// Ends a webhook; false where it does not work any more.
///
/// # Errors
/// If the database fails.
pub async fn webhook_end(tx: &mut CoopTx, webhook: WebhookId) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- webhook_end
        UPDATE webhook SET ended_at = clock_timestamp() WHERE coop_id = $1 AND id = $2 AND ended_at IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(webhook.uuid())
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Whether there is a webhook, ended or not.
///
/// # Errors
/// If the database fails.
pub async fn webhook_exists(tx: &mut CoopTx, webhook: WebhookId) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let row: Is = sql_query(
        "-- webhook_exists
        SELECT EXISTS (SELECT FROM webhook WHERE coop_id = $1 AND id = $2) AS is",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(webhook.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(row.is)
}

/// The messages to a webhook before `before`, newest first.
///
/// # Errors
/// If the database fails.
pub async fn webhook_deliveries(
    tx: &mut CoopTx,
    webhook: WebhookId,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<WebhookDeliveryRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- webhook_deliveries
        SELECT id, event, subject_id, happened_at, state, attempts, attempted_at, last_status, last_error
        FROM webhook_delivery WHERE coop_id = $1 AND webhook_id = $2 AND ($3 IS NULL OR id < $3) ORDER BY id DESC LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(webhook.uuid())
    .bind::<Nullable<SqlUuid>, _>(before)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Makes a message for every webhook that wishes to be told of this and has a secret, and an errand for each; they leave if the
/// transaction commits. `ids` are their identifiers, of which there are at least as many as webhooks.
///
/// # Errors
/// If the database fails.
pub async fn webhook_tell(tx: &mut CoopTx, event: &str, subject: Uuid, ids: &[Uuid]) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- webhook_tell
        WITH told AS (
            INSERT INTO webhook_delivery (coop_id, id, webhook_id, event, subject_id, happened_at, recorded_by)
            SELECT $1, ($5::uuid[])[(row_number() OVER (ORDER BY id))::integer], id, $2, $3, clock_timestamp(), $4
            FROM webhook WHERE coop_id = $1 AND ended_at IS NULL AND generation > 0 AND $2 = ANY (events)
            ORDER BY id LIMIT cardinality($5::uuid[])
            RETURNING id)
        INSERT INTO errand (coop_id, id, kind, subject_id, recorded_by) SELECT $1, id, 'webhook', id, $4 FROM told",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(event)
    .bind::<SqlUuid, _>(subject)
    .bind::<Text, _>(name)
    .bind::<Array<SqlUuid>, _>(ids)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// A message that still waits, to a webhook that still works.
///
/// # Errors
/// If the database fails.
pub async fn webhook_message(tx: &mut CoopTx, delivery: Uuid) -> Result<Option<WebhookMessage>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- webhook_message
        SELECT delivery.id, delivery.webhook_id, webhook.url, webhook.generation, delivery.event, delivery.subject_id, coop.slug,
               delivery.happened_at, delivery.attempts
        FROM webhook_delivery AS delivery
        JOIN webhook ON webhook.coop_id = delivery.coop_id AND webhook.id = delivery.webhook_id
        JOIN coop ON coop.id = delivery.coop_id
        WHERE delivery.coop_id = $1 AND delivery.id = $2 AND delivery.state = 'waiting' AND webhook.ended_at IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(delivery)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Notes what became of an attempt.
///
/// # Errors
/// If the database fails.
pub async fn webhook_attempted(tx: &mut CoopTx, delivery: Uuid, attempt: WebhookAttempt<'_>) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- webhook_attempted
        UPDATE webhook_delivery SET state = $3, attempts = attempts + 1, attempted_at = clock_timestamp(), last_status = $4,
            last_error = left($5, 200)
        WHERE coop_id = $1 AND id = $2 AND state = 'waiting'",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(delivery)
    .bind::<Text, _>(attempt.state)
    .bind::<Nullable<Integer>, _>(attempt.status)
    .bind::<Nullable<Text>, _>(attempt.error)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Removes messages that arrived, or were given up, and happened this long ago; how many of at most `limit`. The database lets none go in the first thirty days.
///
/// # Errors
/// If the database fails.
pub async fn delivery_sweep(tx: &mut GlobalTx, age_seconds: u32, limit: u16) -> Result<usize, StoreError> {
    sql_query(
        "-- delivery_sweep
        DELETE FROM webhook_delivery WHERE (coop_id, id) IN (
            SELECT coop_id, id FROM webhook_delivery WHERE state <> 'waiting' AND happened_at < now() - make_interval(secs => $1)
            ORDER BY happened_at LIMIT $2)",
    )
    .bind::<Double, _>(f64::from(age_seconds))
    .bind::<BigInt, _>(i64::from(limit))
    .execute(tx.connection())
    .await
    .map_err(StoreError::from)
}
