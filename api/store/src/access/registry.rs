//! Tools and models.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{CoopId, ProposalId, UpstreamId};
use uuid::Uuid;

use crate::{CoopTx, Store, StoreError};

/// A tool.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ToolRow {
    /// The tool.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// How proposals call it.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// What serves it.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Where it is.
    #[diesel(sql_type = Text)]
    pub base_url: String,
    /// Whether it is somebody else's.
    #[diesel(sql_type = Bool)]
    pub external: bool,
    /// Where what is sent to it goes.
    #[diesel(sql_type = Text)]
    pub data_location: String,
    /// How many calls it works on at once.
    #[diesel(sql_type = Integer)]
    pub slots: i32,
    /// How long to wait for the first byte.
    #[diesel(sql_type = Integer)]
    pub first_byte_seconds: i32,
    /// How long to wait between two bytes.
    #[diesel(sql_type = Integer)]
    pub idle_seconds: i32,
    /// Whether the co-op has a key there.
    #[diesel(sql_type = Bool)]
    pub has_key: bool,
    /// The proposal that set it so.
    #[diesel(sql_type = SqlUuid)]
    pub proposal_id: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub set_at: DateTime<Utc>,
    /// Since when it is not used any more.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub retired_at: Option<DateTime<Utc>>,
}

/// A tool as a proposal sets it.
#[derive(Debug, Clone, Copy)]
pub struct NewTool<'a> {
    /// Its identifier if it is new.
    pub id: UpstreamId,
    /// Its name.
    pub name: &'a str,
    /// What serves it.
    pub kind: &'a str,
    /// Where it is.
    pub base_url: &'a str,
    /// Whether it is somebody else's.
    pub external: bool,
    /// Where what is sent to it goes.
    pub data_location: &'a str,
    /// How many calls it works on at once.
    pub slots: i32,
    /// How long to wait for the first byte.
    pub first_byte_seconds: i32,
    /// How long to wait between two bytes.
    pub idle_seconds: i32,
    /// The proposal and when it is executed.
    pub by: (ProposalId, DateTime<Utc>),
}

/// A model.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ModelRow {
    /// The name by which members ask for it.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// The tool, by name.
    #[diesel(sql_type = Text)]
    pub tool: String,
    /// Whether the tool is somebody else's.
    #[diesel(sql_type = Bool)]
    pub external: bool,
    /// Where what is sent to it goes.
    #[diesel(sql_type = Text)]
    pub data_location: String,
    /// How the tool calls it.
    #[diesel(sql_type = Text)]
    pub upstream_name: String,
    /// Its licence.
    #[diesel(sql_type = Text)]
    pub licence: String,
    /// The most tokens of input and output together.
    #[diesel(sql_type = BigInt)]
    pub context_tokens: i64,
    /// The most tokens of one answer.
    #[diesel(sql_type = BigInt)]
    pub output_tokens: i64,
    /// A token of input.
    #[diesel(sql_type = BigInt)]
    pub price_input: i64,
    /// A token of output.
    #[diesel(sql_type = BigInt)]
    pub price_output: i64,
    /// Each call.
    #[diesel(sql_type = BigInt)]
    pub price_call: i64,
    /// What its template adds to each call.
    #[diesel(sql_type = BigInt)]
    pub overhead_call: i64,
    /// What its template adds to each message.
    #[diesel(sql_type = BigInt)]
    pub overhead_message: i64,
    /// What may be asked of it.
    #[diesel(sql_type = Array<Text>)]
    pub endpoints: Vec<String>,
    /// The models that answer in its place.
    #[diesel(sql_type = Array<Text>)]
    pub fallbacks: Vec<String>,
    /// The proposal that set it so.
    #[diesel(sql_type = SqlUuid)]
    pub proposal_id: Uuid,
    /// When it was first registered.
    #[diesel(sql_type = Timestamptz)]
    pub registered_at: DateTime<Utc>,
    /// When it was last set, and its tool.
    #[diesel(sql_type = Timestamptz)]
    pub set_at: DateTime<Utc>,
    /// When its tool was last set.
    #[diesel(sql_type = Timestamptz)]
    pub tool_set_at: DateTime<Utc>,
    /// When its bound was shown to hold.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub proved_at: Option<DateTime<Utc>>,
    /// How many tokens more than is set aside a call had.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub lacks: Option<i64>,
    /// How many tokens more than is set aside for it each message had.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub lacks_message: Option<i64>,
    /// Since when it is not served any more, itself or its tool.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub retired_at: Option<DateTime<Utc>>,
    /// Since when its tool is not used any more.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub tool_retired_at: Option<DateTime<Utc>>,
}

/// A model as a proposal sets it.
#[derive(Debug, Clone, Copy)]
pub struct NewModel<'a> {
    /// Its name.
    pub name: &'a str,
    /// The tool, by name.
    pub tool: &'a str,
    /// How the tool calls it.
    pub upstream_name: &'a str,
    /// Its licence.
    pub licence: &'a str,
    /// The most tokens of input and output together, and of one answer.
    pub tokens: (i64, i64),
    /// A token of input, a token of output, a call.
    pub price: (i64, i64, i64),
    /// What its template adds to a call and to a message.
    pub overhead: (i64, i64),
    /// What may be asked of it.
    pub endpoints: &'a [&'static str],
    /// The models that answer in its place.
    pub fallbacks: &'a [String],
    /// The proposal and when it is executed.
    pub by: (ProposalId, DateTime<Utc>),
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    #[expect(dead_code, reason = "the rows are read for their locks")]
    name: String,
}

/// All tools, retired ones too.
///
/// # Errors
/// If the database fails.
pub async fn tools(tx: &mut CoopTx) -> Result<Vec<ToolRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- access_tools
        SELECT id, name, kind, base_url, external, data_location, slots, first_byte_seconds, idle_seconds,
            provider_key IS NOT NULL AS has_key, proposal_id, set_at, retired_at
        FROM access_upstream WHERE coop_id = $1 ORDER BY name",
    )
    .bind::<SqlUuid, _>(coop)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// All models, retired ones too.
///
/// # Errors
/// If the database fails.
pub async fn models(tx: &mut CoopTx) -> Result<Vec<ModelRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- access_models
        SELECT model.name, tool.name AS tool, tool.external, tool.data_location, model.upstream_name, model.licence, model.context_tokens,
            model.output_tokens, model.price_input, model.price_output, model.price_call, model.overhead_call, model.overhead_message,
            model.endpoints, model.fallbacks, model.proposal_id, model.registered_at, model.retired_at, tool.retired_at AS tool_retired_at,
            model.set_at, tool.set_at AS tool_set_at, model.proved_at, model.lacks,
            model.lacks_message
        FROM access_model AS model
        JOIN access_upstream AS tool ON tool.coop_id = model.coop_id AND tool.id = model.upstream_id
        WHERE model.coop_id = $1 ORDER BY model.name",
    )
    .bind::<SqlUuid, _>(coop)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// What came of looking at a model: that its bound holds, or when to look again and how many tokens it lacks for a call and for each
/// message, where it answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probed {
    /// It holds.
    Holds,
    /// It does not, or nothing answered.
    Again(DateTime<Utc>, (Option<i64>, Option<i64>)),
}

/// Writes down what came of looking at a model; nothing where it or its tool was set in the meantime.
///
/// # Errors
/// If the database fails.
pub async fn model_probed(tx: &mut CoopTx, model: &ModelRow, probed: Probed) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let (due_at, lacks) = match probed {
        Probed::Holds => (None, (None, None)),
        Probed::Again(due_at, lacks) => (Some(due_at), lacks),
    };
    let changed = sql_query(
        "-- access_model_probed
        UPDATE access_model AS model SET proved_at = CASE WHEN $5 IS NULL THEN clock_timestamp() END,
            probe_due_at = coalesce($5, model.probe_due_at), lacks = $6, lacks_message = $7
        FROM access_upstream AS tool
        WHERE model.coop_id = $1 AND model.name = $2 AND model.set_at = $3 AND model.proved_at IS NULL AND tool.coop_id = $1
            AND tool.id = model.upstream_id AND tool.set_at = $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(&model.name)
    .bind::<Timestamptz, _>(model.set_at)
    .bind::<Timestamptz, _>(model.tool_set_at)
    .bind::<Nullable<Timestamptz>, _>(due_at)
    .bind::<Nullable<BigInt>, _>(lacks.0)
    .bind::<Nullable<BigInt>, _>(lacks.1)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// The models that are to be looked at now; nobody else looks at them until a moment.
///
/// # Errors
/// If the database fails.
pub async fn models_to_probe(tx: &mut CoopTx, until: DateTime<Utc>) -> Result<Vec<ModelRow>, StoreError> {
    #[derive(QueryableByName)]
    struct Taken {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let coop = tx.coop().uuid();
    let taken: Vec<Taken> = sql_query(
        "-- access_models_to_probe
        UPDATE access_model SET probe_due_at = $2
        WHERE coop_id = $1 AND proved_at IS NULL AND retired_at IS NULL AND probe_due_at <= clock_timestamp() RETURNING name",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Timestamptz, _>(until)
    .get_results(tx.connection())
    .await?;
    let mut rows = models(tx).await?;
    rows.retain(|row| row.tool_retired_at.is_none() && taken.iter().any(|taken| taken.name == row.name));
    Ok(rows)
}

impl Store {
    /// Co-ops with models that are to be looked at now.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn access_probing_due(&self, limit: u16) -> Result<Vec<CoopId>, StoreError> {
        #[derive(QueryableByName)]
        struct Due {
            #[diesel(sql_type = SqlUuid)]
            coop_id: Uuid,
        }
        let mut connection = self.global_connection().await?;
        let rows: Vec<Due> = sql_query(
            "-- access_probing_due
            SELECT DISTINCT coop_id FROM access_model
            WHERE proved_at IS NULL AND retired_at IS NULL AND probe_due_at <= clock_timestamp() LIMIT $1",
        )
        .bind::<BigInt, _>(i64::from(limit))
        .get_results(&mut *connection)
        .await?;
        Ok(rows.into_iter().map(|row| CoopId::from_uuid(row.coop_id)).collect())
    }
}

/// Keeps tools and models as they are until the transaction ends.
///
/// # Errors
/// If the database fails.
pub async fn tools_lock(tx: &mut CoopTx) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    for statement in [
        "-- access_tools_lock\nSELECT name FROM access_upstream WHERE coop_id = $1 ORDER BY id FOR NO KEY UPDATE",
        "-- access_models_lock\nSELECT name FROM access_model WHERE coop_id = $1 ORDER BY name FOR NO KEY UPDATE",
    ] {
        let _: Vec<Name> = sql_query(statement)
            .bind::<SqlUuid, _>(coop)
            .get_results(tx.connection())
            .await?;
    }
    Ok(())
}

/// Adds a tool or changes it. Its key at the provider stays only while its address does.
///
/// # Errors
/// If the database fails.
pub async fn tool_set(tx: &mut CoopTx, new: NewTool<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    // What was shown of its models is not shown of another server.
    sql_query(
        "-- access_tool_unprove
        UPDATE access_model AS model SET proved_at = NULL, lacks = NULL, lacks_message = NULL, probe_due_at = '-infinity'
        FROM access_upstream AS tool
        WHERE model.coop_id = $1 AND tool.coop_id = $1 AND tool.id = model.upstream_id AND tool.name = $2
            AND (tool.base_url, tool.kind) <> ($3, $4)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(new.name)
    .bind::<Text, _>(new.base_url)
    .bind::<Text, _>(new.kind)
    .execute(tx.connection())
    .await?;
    sql_query(
        "-- access_tool_set
        INSERT INTO access_upstream AS old (coop_id, id, name, kind, base_url, external, data_location, slots, first_byte_seconds,
            idle_seconds, proposal_id, set_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (coop_id, name) DO UPDATE SET kind = $4, base_url = $5, external = $6, data_location = $7, slots = $8,
            first_byte_seconds = $9, idle_seconds = $10, proposal_id = $11, set_at = $12, recorded_by = $13, retired_at = NULL,
            provider_key = CASE WHEN old.base_url = $5 THEN old.provider_key END",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<Text, _>(new.name)
    .bind::<Text, _>(new.kind)
    .bind::<Text, _>(new.base_url)
    .bind::<Bool, _>(new.external)
    .bind::<Text, _>(new.data_location)
    .bind::<Integer, _>(new.slots)
    .bind::<Integer, _>(new.first_byte_seconds)
    .bind::<Integer, _>(new.idle_seconds)
    .bind::<SqlUuid, _>(new.by.0.uuid())
    .bind::<Timestamptz, _>(new.by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Stops the use of a tool, and forgets its key at the provider.
///
/// # Errors
/// If the database fails.
pub async fn tool_retire(
    tx: &mut CoopTx,
    tool: &str,
    (proposal, at): (ProposalId, DateTime<Utc>),
) -> Result<(), StoreError> {
    retire(tx, tool, (proposal, at), "access_upstream", ", provider_key = NULL").await
}

/// Stops serving a model.
///
/// # Errors
/// If the database fails.
pub async fn model_retire(
    tx: &mut CoopTx,
    model: &str,
    (proposal, at): (ProposalId, DateTime<Utc>),
) -> Result<(), StoreError> {
    retire(tx, model, (proposal, at), "access_model", "").await
}

async fn retire(
    tx: &mut CoopTx,
    subject: &str,
    (proposal, at): (ProposalId, DateTime<Utc>),
    table: &'static str,
    more: &'static str,
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(format!(
        "-- access_retire
        UPDATE {table} SET retired_at = $4, set_at = $4, proposal_id = $3, recorded_by = $5{more} WHERE coop_id = $1 AND name = $2"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(subject)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Stores the sealed key of the co-op at a tool, or forgets it; whether there is such a tool.
///
/// # Errors
/// If the database fails.
pub async fn tool_key_set(tx: &mut CoopTx, tool: &str, sealed: Option<&[u8]>) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- access_tool_key_set
        UPDATE access_upstream SET provider_key = $3 WHERE coop_id = $1 AND name = $2 AND retired_at IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(tool)
    .bind::<Nullable<Binary>, _>(sealed)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

#[derive(QueryableByName)]
struct SealedKey {
    #[diesel(sql_type = Nullable<Binary>)]
    provider_key: Option<Vec<u8>>,
}

/// The sealed key of the co-op at a tool.
///
/// # Errors
/// If the database fails.
pub async fn tool_sealed_key(tx: &mut CoopTx, tool: UpstreamId) -> Result<Option<Vec<u8>>, StoreError> {
    let coop = tx.coop().uuid();
    let rows: Vec<SealedKey> = sql_query(
        "-- access_tool_sealed_key
        SELECT provider_key FROM access_upstream WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(tool.uuid())
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().next().and_then(|row| row.provider_key))
}

/// Adds a model or changes it.
///
/// # Errors
/// If the database fails.
pub async fn model_set(tx: &mut CoopTx, new: NewModel<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- access_model_set
        INSERT INTO access_model AS old (coop_id, name, upstream_id, upstream_name, licence, context_tokens, output_tokens, price_input,
            price_output, price_call, overhead_call, overhead_message, endpoints, proposal_id, registered_at, set_at, recorded_by,
            fallbacks)
        SELECT $1, $2, tool.id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16, $17
        FROM access_upstream AS tool WHERE tool.coop_id = $1 AND tool.name = $3
        ON CONFLICT (coop_id, name) DO UPDATE SET upstream_id = excluded.upstream_id, upstream_name = $4, licence = $5,
            context_tokens = $6, output_tokens = $7, price_input = $8, price_output = $9, price_call = $10, overhead_call = $11,
            overhead_message = $12, endpoints = $13, proposal_id = $14, set_at = $15, recorded_by = $16, retired_at = NULL, fallbacks = $17,
            proved_at = CASE WHEN (old.upstream_id, old.upstream_name, old.overhead_call, old.overhead_message, old.endpoints)
                = (excluded.upstream_id, excluded.upstream_name, $11, $12, $13) THEN old.proved_at END,
            probe_due_at = '-infinity', lacks = NULL, lacks_message = NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(new.name)
    .bind::<Text, _>(new.tool)
    .bind::<Text, _>(new.upstream_name)
    .bind::<Text, _>(new.licence)
    .bind::<BigInt, _>(new.tokens.0)
    .bind::<BigInt, _>(new.tokens.1)
    .bind::<BigInt, _>(new.price.0)
    .bind::<BigInt, _>(new.price.1)
    .bind::<BigInt, _>(new.price.2)
    .bind::<BigInt, _>(new.overhead.0)
    .bind::<BigInt, _>(new.overhead.1)
    .bind::<Array<Text>, _>(new.endpoints)
    .bind::<SqlUuid, _>(new.by.0.uuid())
    .bind::<Timestamptz, _>(new.by.1)
    .bind::<Text, _>(name)
    .bind::<Array<Text>, _>(new.fallbacks)
    .execute(tx.connection())
    .await?;
    Ok(())
}
