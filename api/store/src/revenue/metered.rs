//! What members used of models, as figures of contributions.

use chrono::NaiveDate;
use diesel::sql_types::{BigInt, Bool, Date, Nullable, Text, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::ContributionId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// What one member used.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct MeteredRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How much; more than nothing.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// What each member used in these days, by UTC: calls, `input_tokens`, `output_tokens`, tokens of both, or what was charged.
///
/// # Errors
/// If the database fails.
pub async fn usage_of_members(
    tx: &mut CoopTx,
    measure: &str,
    (starts_on, ends_on): (NaiveDate, NaiveDate),
) -> Result<Vec<MeteredRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- usage_of_members
        SELECT member_id, count FROM (
            SELECT member_id, sum(CASE $2 WHEN 'calls' THEN 1 WHEN 'charged' THEN charged WHEN 'input_tokens' THEN coalesce(input_tokens, 0)
                WHEN 'output_tokens' THEN coalesce(output_tokens, 0)
                WHEN 'tokens' THEN coalesce(input_tokens, 0) + coalesce(output_tokens, 0) END)::bigint AS count
            FROM access_usage
            WHERE coop_id = $1 AND at >= $3::timestamp AT TIME ZONE 'UTC' AND at < ($4 + 1)::timestamp AT TIME ZONE 'UTC'
            GROUP BY member_id) AS used
        WHERE count > 0 ORDER BY member_id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(measure)
    .bind::<Date, _>(starts_on)
    .bind::<Date, _>(ends_on)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

#[derive(QueryableByName)]
struct Overlap {
    #[diesel(sql_type = Bool)]
    overlaps: bool,
}

/// The rule that a day of metered use is counted once for each measure.
pub const METERED_USAGE_IS_COUNTED_ONCE: &str = "metered_usage_is_counted_once";

/// Whether a snapshot from this source, which none replaced, counts some of these days already; the one that is to be replaced aside. Of
/// two that ask at once, the schema refuses the later one.
///
/// # Errors
/// If the database fails.
pub async fn contribution_overlaps(
    tx: &mut CoopTx,
    source: &str,
    (starts_on, ends_on): (NaiveDate, NaiveDate),
    replaces: Option<ContributionId>,
) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let row: Overlap = sql_query(
        "-- contribution_overlaps
        SELECT EXISTS (SELECT FROM contribution_snapshot AS header
            WHERE header.coop_id = $1 AND header.source = $2 AND header.starts_on <= $4 AND header.ends_on >= $3
              AND header.id IS DISTINCT FROM $5
              AND NOT EXISTS (SELECT FROM contribution_snapshot AS later WHERE later.coop_id = $1 AND later.replaces = header.id))
            AS overlaps",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(source)
    .bind::<Date, _>(starts_on)
    .bind::<Date, _>(ends_on)
    .bind::<Nullable<SqlUuid>, _>(replaces.map(|id| id.uuid()))
    .get_result(tx.connection())
    .await?;
    Ok(row.overlaps)
}
