//! What all members together used, and when it is added up next.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Date, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use governance::id::CoopId;
use uuid::Uuid;

use crate::{CoopTx, Store, StoreError};

/// What one member used of one model on one day.
#[derive(Debug, Clone, QueryableByName)]
pub struct UntoldRow {
    /// The model.
    #[diesel(sql_type = Text)]
    pub model: String,
    /// The day, in UTC.
    #[diesel(sql_type = Date)]
    pub day: NaiveDate,
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// Calls.
    #[diesel(sql_type = BigInt)]
    pub calls: i64,
    /// Tokens of input.
    #[diesel(sql_type = BigInt)]
    pub input_tokens: i64,
    /// Tokens of output.
    #[diesel(sql_type = BigInt)]
    pub output_tokens: i64,
    /// What it cost.
    #[diesel(sql_type = BigInt)]
    pub charged: i64,
}

/// A total to be kept.
#[derive(Debug, Clone)]
pub struct NewTotal<'a> {
    /// The model.
    pub model: &'a str,
    /// Its days, in order.
    pub days: &'a [NaiveDate],
    /// How many members.
    pub members: i64,
    /// Calls.
    pub calls: i64,
    /// Tokens of input and output.
    pub tokens: (i64, i64),
    /// What it cost.
    pub charged: i64,
    /// When it is told.
    pub told_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = Timestamptz)]
    due_at: DateTime<Utc>,
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

/// Lets the usage of the co-op be added up from a moment on, if it is not yet.
///
/// # Errors
/// If the database fails.
pub async fn totalling_begin(tx: &mut CoopTx, due_at: DateTime<Utc>) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    diesel::sql_query(
        "-- access_totalling_begin
        INSERT INTO access_totalling (coop_id, due_at) VALUES ($1, $2) ON CONFLICT (coop_id) DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Timestamptz, _>(due_at)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// When the usage of the co-op is added up next; nobody else adds it up until this transaction ends.
///
/// # Errors
/// If the database fails.
pub async fn totalling_lock(tx: &mut CoopTx) -> Result<Option<DateTime<Utc>>, StoreError> {
    let coop = tx.coop().uuid();
    let rows: Vec<Due> = diesel::sql_query(
        "-- access_totalling_lock
        SELECT due_at FROM access_totalling WHERE coop_id = $1 FOR UPDATE",
    )
    .bind::<SqlUuid, _>(coop)
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().next().map(|row| row.due_at))
}

/// Puts off the next time.
///
/// # Errors
/// If the database fails.
pub async fn totalling_put_off(tx: &mut CoopTx, due_at: DateTime<Utc>) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    diesel::sql_query(
        "-- access_totalling_put_off
        UPDATE access_totalling SET due_at = $2 WHERE coop_id = $1",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Timestamptz, _>(due_at)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What members used since a moment and before another one, on days that are not told yet.
///
/// # Errors
/// If the database fails.
pub async fn usage_untold(
    tx: &mut CoopTx,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<UntoldRow>, StoreError> {
    let coop = tx.coop().uuid();
    diesel::sql_query(
        "-- access_usage_untold
        WITH used AS (
            SELECT model, (at AT TIME ZONE 'UTC')::date AS day, member_id, count(*) AS calls,
                coalesce(sum(input_tokens), 0)::bigint AS input_tokens, coalesce(sum(output_tokens), 0)::bigint AS output_tokens,
                sum(charged)::bigint AS charged
            FROM access_usage WHERE coop_id = $1 AND at >= $2 AND at < $3 GROUP BY 1, 2, 3
        )
        SELECT u.* FROM used AS u
        WHERE NOT EXISTS (SELECT FROM access_total_day AS t WHERE t.coop_id = $1 AND t.model = u.model AND t.day = u.day)
        ORDER BY u.model, u.day, u.member_id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Timestamptz, _>(from)
    .bind::<Timestamptz, _>(until)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Keeps a total and gives its number. The caller has [`totalling_lock`].
///
/// # Errors
/// If the database fails; `access_total_day_pkey` where one of its days is told already.
pub async fn total_insert(tx: &mut CoopTx, new: &NewTotal<'_>) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: Number = diesel::sql_query(
        "-- access_total_insert
        WITH one AS (
            INSERT INTO access_total (coop_id, number, model, first_day, last_day, days, members, calls, input_tokens, output_tokens,
                charged, told_at, recorded_by)
            SELECT $1, coalesce(max(t.number), 0) + 1, $2, (SELECT min(day) FROM unnest($3) AS day),
                (SELECT max(day) FROM unnest($3) AS day), cardinality($3), $4, $5, $6, $7, $8, $9, 'access_totals'
            FROM access_total AS t WHERE t.coop_id = $1
            RETURNING number
        ), days AS (
            INSERT INTO access_total_day (coop_id, model, day, number) SELECT $1, $2, day, one.number FROM one, unnest($3) AS day
        )
        SELECT number FROM one",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(new.model)
    .bind::<Array<Date>, _>(new.days)
    .bind::<BigInt, _>(new.members)
    .bind::<BigInt, _>(new.calls)
    .bind::<BigInt, _>(new.tokens.0)
    .bind::<BigInt, _>(new.tokens.1)
    .bind::<BigInt, _>(new.charged)
    .bind::<Timestamptz, _>(new.told_at)
    .get_result(tx.connection())
    .await?;
    Ok(row.number)
}

impl Store {
    /// Co-ops whose usage is to be added up.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn access_totalling_due(&self, limit: u16) -> Result<Vec<CoopId>, StoreError> {
        let mut connection = self.global_connection().await?;
        let rows: Vec<CoopRow> = diesel::sql_query(
            "-- access_totalling_due
            SELECT coop_id FROM access_totalling WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $1",
        )
        .bind::<BigInt, _>(i64::from(limit))
        .get_results(&mut *connection)
        .await?;
        Ok(rows.into_iter().map(|row| CoopId::from_uuid(row.coop_id)).collect())
    }
}
