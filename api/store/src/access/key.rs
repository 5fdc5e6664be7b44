//! Keys of members.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Binary, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::MemberId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A key, without what proves it.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct KeyRow {
    /// The key.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Whose.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How the member calls it.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// The models it is for.
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub models: Option<Vec<String>>,
    /// The endpoints it is for.
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub endpoints: Option<Vec<String>>,
    /// The networks it is used from.
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub networks: Option<Vec<String>>,
    /// The most one call may cost.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub call_units_max: Option<i64>,
    /// The most its calls may cost in a period.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub cap_units: Option<i64>,
    /// The period.
    #[diesel(sql_type = Nullable<Text>)]
    pub cap_period: Option<String>,
    /// When it was made.
    #[diesel(sql_type = Timestamptz)]
    pub made_at: DateTime<Utc>,
    /// From when on it is worth nothing.
    #[diesel(sql_type = Timestamptz)]
    pub expires_at: DateTime<Utc>,
    /// When it was revoked.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub revoked_at: Option<DateTime<Utc>>,
    /// The key it takes the place of.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub replaces: Option<Uuid>,
    /// The last call of it that was settled, to the day.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_used: Option<DateTime<Utc>>,
}

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey<'a> {
    /// The key.
    pub id: Uuid,
    /// Whose.
    pub member: MemberId,
    /// How the member calls it.
    pub name: &'a str,
    /// What its secret becomes under the pepper.
    pub mac: [u8; 32],
    /// Which pepper.
    pub pepper: i16,
    /// The models it is for.
    pub models: Option<&'a [String]>,
    /// The endpoints it is for.
    pub endpoints: Option<&'a [String]>,
    /// The networks it is used from.
    pub networks: Option<&'a [String]>,
    /// The most one call may cost.
    pub call_units_max: Option<i64>,
    /// The most its calls may cost in a period, and the period.
    pub cap: Option<(i64, &'a str)>,
    /// When it is made.
    pub made_at: DateTime<Utc>,
    /// From when on it is worth nothing.
    pub expires_at: DateTime<Utc>,
    /// The key it takes the place of.
    pub replaces: Option<Uuid>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

const COLUMNS: &str = "id, member_id, name, models, endpoints, networks::text[] AS networks, call_units_max, cap_units, cap_period,
    made_at, expires_at, revoked_at, replaces,
    (SELECT date_trunc('day', max(at), 'UTC') FROM access_usage AS used WHERE used.coop_id = key.coop_id AND used.key_id = key.id) AS last_used";

/// How many keys of a member work.
///
/// # Errors
/// If the database fails.
pub async fn key_count(tx: &mut CoopTx, member: MemberId) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: Count = sql_query(
        "-- access_key_count
        SELECT count(*) AS count FROM access_key
        WHERE coop_id = $1 AND member_id = $2 AND revoked_at IS NULL AND expires_at > clock_timestamp()",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(row.count)
}

/// Makes a key.
///
/// # Errors
/// If the database fails.
pub async fn key_insert(tx: &mut CoopTx, new: NewKey<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- access_key_insert
        INSERT INTO access_key (coop_id, id, member_id, name, mac, pepper, models, endpoints, networks, call_units_max, cap_units,
            cap_period, made_at, expires_at, replaces, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text[]::cidr[], $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id)
    .bind::<SqlUuid, _>(new.member.uuid())
    .bind::<Text, _>(new.name)
    .bind::<Binary, _>(new.mac.as_slice())
    .bind::<SmallInt, _>(new.pepper)
    .bind::<Nullable<Array<Text>>, _>(new.models)
    .bind::<Nullable<Array<Text>>, _>(new.endpoints)
    .bind::<Nullable<Array<Text>>, _>(new.networks)
    .bind::<Nullable<BigInt>, _>(new.call_units_max)
    .bind::<Nullable<BigInt>, _>(new.cap.map(|cap| cap.0))
    .bind::<Nullable<Text>, _>(new.cap.map(|cap| cap.1))
    .bind::<Timestamptz, _>(new.made_at)
    .bind::<Timestamptz, _>(new.expires_at)
    .bind::<Nullable<SqlUuid>, _>(new.replaces)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// A member's keys after one, old ones too.
///
/// # Errors
/// If the database fails.
pub async fn key_list(
    tx: &mut CoopTx,
    member: MemberId,
    (after, limit): (Uuid, i64),
) -> Result<Vec<KeyRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- access_key_list
        SELECT {COLUMNS} FROM access_key AS key WHERE coop_id = $1 AND member_id = $2 AND id > $3 ORDER BY id LIMIT $4"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// A key of a member.
///
/// # Errors
/// If the database fails.
pub async fn key_get(tx: &mut CoopTx, member: MemberId, key: Uuid) -> Result<Option<KeyRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- access_key_get
        SELECT {COLUMNS} FROM access_key AS key WHERE coop_id = $1 AND member_id = $2 AND id = $3"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<SqlUuid, _>(key)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The key that a secret proves, of an active member; nothing where it is revoked or its time is over.
///
/// # Errors
/// If the database fails.
pub async fn key_by_mac(tx: &mut CoopTx, key: Uuid, macs: &[[u8; 32]]) -> Result<Option<KeyRow>, StoreError> {
    let coop = tx.coop().uuid();
    let macs: Vec<&[u8]> = macs.iter().map(<[u8; 32]>::as_slice).collect();
    sql_query(format!(
        "-- access_key_by_mac
        SELECT {COLUMNS} FROM access_key AS key
        WHERE coop_id = $1 AND id = $2 AND mac = ANY ($3) AND revoked_at IS NULL AND expires_at > clock_timestamp()
            AND EXISTS (SELECT FROM member WHERE member.coop_id = $1 AND member.id = key.member_id AND status = 'active')"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(key)
    .bind::<Array<Binary>, _>(macs)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Revokes a key, or ends it at a moment before its time; whether it worked until then. Calls that are being admitted with it are
/// waited for; none is admitted after.
///
/// # Errors
/// If the database fails.
pub async fn key_revoke(
    tx: &mut CoopTx,
    key: Uuid,
    (at, ends_at): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let changed = sql_query(
        "-- access_key_revoke
        UPDATE access_key SET revoked_at = $3, expires_at = least(expires_at, coalesce($4, expires_at))
        WHERE coop_id = $1 AND id = $2 AND revoked_at IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(key)
    .bind::<Nullable<Timestamptz>, _>(at)
    .bind::<Nullable<Timestamptz>, _>(ends_at)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}
