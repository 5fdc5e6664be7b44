//! Where members want to be paid.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::MemberId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// The newest version of where a member wants to be paid.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct PayeeRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// The version, from 1.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// How.
    #[diesel(sql_type = Text)]
    pub rail: String,
    /// The details, sealed; `None` for who was erased.
    #[diesel(sql_type = Nullable<Binary>)]
    pub sealed: Option<Vec<u8>>,
    /// When they were given.
    #[diesel(sql_type = Timestamptz)]
    pub recorded_at: DateTime<Utc>,
    /// From when on they may be used, unless confirmed.
    #[diesel(sql_type = Timestamptz)]
    pub usable_at: DateTime<Utc>,
    /// Whether they may be used now.
    #[diesel(sql_type = Bool)]
    pub is_usable: bool,
    /// Who confirmed them.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub confirmed_by: Option<Uuid>,
}

/// A version to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewPayee<'a> {
    /// The member.
    pub member: MemberId,
    /// The version: one more than the last.
    pub version: i32,
    /// How.
    pub rail: &'a str,
    /// The details, sealed.
    pub sealed: &'a [u8],
    /// SHA-256 of them.
    pub digest: &'a [u8; 32],
    /// When they are given, and from when on they may be used.
    pub times: (DateTime<Utc>, DateTime<Utc>),
}

const NEWEST: &str = "SELECT payee.member_id, payee.version, payee.rail, payee.sealed, payee.recorded_at, payee.usable_at,
        payee.usable_at <= clock_timestamp() OR given.confirmed_by IS NOT NULL AS is_usable, given.confirmed_by
    FROM payee LEFT JOIN payee_confirmation AS given ON given.coop_id = payee.coop_id AND given.member_id = payee.member_id
        AND given.version = payee.version
    WHERE payee.coop_id = $1 AND NOT EXISTS (SELECT FROM payee AS later WHERE later.coop_id = $1
        AND later.member_id = payee.member_id AND later.version > payee.version)";

/// Writes a version down.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payee_pkey` where another request came first.
pub async fn payee_insert(tx: &mut CoopTx, new: NewPayee<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- payee_insert
        INSERT INTO payee (coop_id, member_id, version, rail, sealed, digest, recorded_at, usable_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.member.uuid())
    .bind::<Integer, _>(new.version)
    .bind::<Text, _>(new.rail)
    .bind::<Binary, _>(new.sealed)
    .bind::<Binary, _>(new.digest.as_slice())
    .bind::<Timestamptz, _>(new.times.0)
    .bind::<Timestamptz, _>(new.times.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Where a member wants to be paid.
///
/// # Errors
/// If the database fails.
pub async fn payee_get(tx: &mut CoopTx, member: MemberId) -> Result<Option<PayeeRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!("-- payee_get\n{NEWEST} AND payee.member_id = $2"))
        .bind::<SqlUuid, _>(coop)
        .bind::<SqlUuid, _>(member.uuid())
        .get_result(tx.connection())
        .await
        .optional()
        .map_err(StoreError::from)
}

/// Where members after this one want to be paid, in the order of their identifiers.
///
/// # Errors
/// If the database fails.
pub async fn payee_list(tx: &mut CoopTx, after: Uuid, limit: i64) -> Result<Vec<PayeeRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- payee_list\n{NEWEST} AND payee.member_id > $2 ORDER BY payee.member_id LIMIT $3"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Confirms a version; false where it was confirmed before.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payee_confirmation_is_by_another` for the member's own.
pub async fn payee_confirm(
    tx: &mut CoopTx,
    (member, version): (MemberId, i32),
    by: (MemberId, DateTime<Utc>),
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let inserted = sql_query(
        "-- payee_confirm
        INSERT INTO payee_confirmation (coop_id, member_id, version, confirmed_by, confirmed_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (coop_id, member_id, version) DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Integer, _>(version)
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(inserted == 1)
}
