//! The tax profiles of members.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::MemberId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A member's tax profile that holds.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct TaxProfileRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// The how manieth of the member's it is.
    #[diesel(sql_type = Integer)]
    pub number: i32,
    /// The profile; `None` for none.
    #[diesel(sql_type = Nullable<Text>)]
    pub profile: Option<String>,
    /// Who set it.
    #[diesel(sql_type = SqlUuid)]
    pub set_by: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub set_at: DateTime<Utc>,
}

/// Sets a member's tax profile.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `member_tax_profile_is_set_by_another` for one's own, and
/// `member_tax_profile_is_of_a_member` for nobody's.
pub async fn tax_profile_set(
    tx: &mut CoopTx,
    (member, profile): (MemberId, Option<&str>),
    by: (MemberId, DateTime<Utc>),
) -> Result<TaxProfileRow, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- tax_profile_set
        INSERT INTO member_tax_profile (coop_id, member_id, number, profile, set_by, set_at, recorded_by)
        SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6 FROM member_tax_profile WHERE coop_id = $1 AND member_id = $2
        RETURNING member_id, number, profile, set_by, set_at",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Nullable<Text>, _>(profile)
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The profiles that hold, of members after this one in the order of identifiers: everybody's, or one member's.
///
/// # Errors
/// If the database fails.
pub async fn tax_profile_list(
    tx: &mut CoopTx,
    whose: Option<MemberId>,
    (after, limit): (Uuid, i64),
) -> Result<Vec<TaxProfileRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- tax_profile_list
        SELECT DISTINCT ON (member_id) member_id, number, profile, set_by, set_at FROM member_tax_profile
        WHERE coop_id = $1 AND member_id > $2 AND ($3 IS NULL OR member_id = $3) ORDER BY member_id, number DESC LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(after)
    .bind::<Nullable<SqlUuid>, _>(whose.map(|member| member.uuid()))
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
