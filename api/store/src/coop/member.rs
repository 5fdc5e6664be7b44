//! Memberships.

use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{AccountId, MemberId};
use governance::membership::{Class, Status};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A member who is about to join, active from the start.
#[derive(Debug, Clone, Copy)]
pub struct NewMember<'a> {
    /// The member.
    pub id: MemberId,
    /// The account behind it.
    pub account: AccountId,
    /// How the member is called.
    pub display_name: &'a str,
    /// The class.
    pub class: Class,
}

/// A member as the co-op sees one. The account is left out: who a member is elsewhere is nobody's business.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct MemberRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// How the member is called.
    #[diesel(sql_type = Text)]
    pub display_name: String,
    /// The class.
    #[diesel(sql_type = Text)]
    pub class: String,
    /// Where the membership stands.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// When it began.
    #[diesel(sql_type = Timestamptz)]
    pub joined_at: chrono::DateTime<chrono::Utc>,
    /// Rises with each change.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// The roles held, in the order of their names.
    #[diesel(sql_type = Array<Text>)]
    pub roles: Vec<String>,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct VersionRow {
    #[diesel(sql_type = BigInt)]
    version: i64,
}

#[derive(QueryableByName)]
struct NameRow {
    #[diesel(sql_type = Text)]
    display_name: String,
}

#[derive(QueryableByName)]
struct FoundRow {
    #[diesel(sql_type = Bool)]
    found: bool,
}

/// Adds a member.
///
/// # Errors
/// The constraint `member_current_of_account` where the account is a member already.
pub async fn member_insert(tx: &mut CoopTx, member: NewMember<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- member_insert
        INSERT INTO member (coop_id, id, account_id, display_name, class, status, recorded_by)
        VALUES ($1, $2, $3, $4, $5, 'active', $6)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.id.uuid())
    .bind::<SqlUuid, _>(member.account.uuid())
    .bind::<Text, _>(member.display_name)
    .bind::<Text, _>(member.class.name())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Which members are looked for; all of them unless something narrows it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sought<'a> {
    /// Where their membership stands.
    pub status: Option<Status>,
    /// What their names hold, in small letters or capitals.
    pub named: Option<&'a str>,
}

/// The members after `after`, those whose membership ended included.
///
/// # Errors
/// If the database fails.
pub async fn member_list(
    tx: &mut CoopTx,
    sought: Sought<'_>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<MemberRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- member_list
        SELECT id, display_name, class, status, joined_at, version,
               ARRAY(SELECT role FROM member_role
                     WHERE member_role.coop_id = member.coop_id AND member_role.member_id = member.id
                     ORDER BY role) AS roles
        FROM member
        WHERE coop_id = $1 AND id > $2 AND ($3 IS NULL OR status = $3)
              AND ($5 IS NULL OR position(lower($5) IN lower(display_name)) > 0)
        ORDER BY id LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(after)
    .bind::<Nullable<Text>, _>(sought.status.map(Status::name))
    .bind::<BigInt, _>(limit)
    .bind::<Nullable<Text>, _>(sought.named)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// One member.
///
/// # Errors
/// If the database fails.
pub async fn member_get(tx: &mut CoopTx, member: MemberId) -> Result<Option<MemberRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- member_get
        SELECT id, display_name, class, status, joined_at, version,
               ARRAY(SELECT role FROM member_role
                     WHERE member_role.coop_id = member.coop_id AND member_role.member_id = member.id
                     ORDER BY role) AS roles
        FROM member WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// One member, who does not change until the transaction ends. Roles are read afterwards, so that they are those under the lock.
///
/// # Errors
/// If the database fails.
pub async fn member_lock(tx: &mut CoopTx, member: MemberId) -> Result<Option<MemberRow>, StoreError> {
    let coop = tx.coop().uuid();
    let locked: Option<IdRow> = sql_query(
        "-- member_lock
        SELECT id FROM member WHERE coop_id = $1 AND id = $2 FOR NO KEY UPDATE",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await
    .optional()?;
    match locked {
        Some(row) => member_get(tx, MemberId::from_uuid(row.id)).await,
        None => Ok(None),
    }
}

/// The membership of an account that has not ended.
///
/// # Errors
/// If the database fails.
pub async fn member_of_account(tx: &mut CoopTx, account: AccountId) -> Result<Option<MemberId>, StoreError> {
    let coop = tx.coop().uuid();
    let row: Option<IdRow> = sql_query(
        "-- member_of_account
        SELECT id FROM member WHERE coop_id = $1 AND account_id = $2 AND status IN ('active', 'suspended')",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(account.uuid())
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(row.map(|row| MemberId::from_uuid(row.id)))
}

/// Whether an account was a member whose membership ended.
///
/// # Errors
/// If the database fails.
pub async fn membership_ended_of_account(tx: &mut CoopTx, account: AccountId) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let row: FoundRow = sql_query(
        "-- membership_ended_of_account
        SELECT EXISTS (SELECT FROM member
                       WHERE coop_id = $1 AND account_id = $2 AND status IN ('left', 'expelled')) AS found",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(account.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(row.found)
}

/// How the members are called whose membership has not ended, except that of the account `own`. Until the transaction ends no other reads them so: of two who
/// come in at once, under names that look alike, the second finds the first. Names alone are locked, in one lock for each co-op; who waits
/// for it holds nothing that its holder takes after it.
///
/// # Errors
/// If the database fails.
pub async fn member_names_lock(tx: &mut CoopTx, own: Option<AccountId>) -> Result<Vec<String>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- member_names_lock
        SELECT pg_advisory_xact_lock(hashtextextended('member names of ' || $1::text, 0))",
    )
    .bind::<SqlUuid, _>(coop)
    .execute(tx.connection())
    .await?;
    // A statement of its own, so that it sees what the one before the lock stored.
    let rows: Vec<NameRow> = sql_query(
        "-- member_names_lock, names
        SELECT display_name FROM member
        WHERE coop_id = $1 AND status IN ('active', 'suspended') AND ($2 IS NULL OR account_id IS DISTINCT FROM $2)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Nullable<SqlUuid>, _>(own.map(|own| own.uuid()))
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| row.display_name).collect())
}

/// Changes how a member is called. Lock the member first. Gives the new version.
///
/// # Errors
/// If the database fails.
pub async fn member_rename(tx: &mut CoopTx, member: MemberId, display_name: &str) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: VersionRow = sql_query(
        "-- member_rename
        UPDATE member SET display_name = $3, version = version + 1 WHERE coop_id = $1 AND id = $2 RETURNING version",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Text, _>(display_name)
    .get_result(tx.connection())
    .await?;
    Ok(row.version)
}

/// Changes where a membership stands. Lock the member first. Gives the new version.
///
/// # Errors
/// If the database fails.
pub async fn member_set_status(tx: &mut CoopTx, member: MemberId, status: Status) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: VersionRow = sql_query(
        "-- member_set_status
        UPDATE member SET status = $3, version = version + 1 WHERE coop_id = $1 AND id = $2 RETURNING version",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Text, _>(status.name())
    .get_result(tx.connection())
    .await?;
    Ok(row.version)
}

/// Gives a member a new version, because something that is shown with it changed. Lock the member first.
///
/// # Errors
/// If the database fails.
pub async fn member_touch(tx: &mut CoopTx, member: MemberId) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: VersionRow = sql_query(
        "-- member_touch
        UPDATE member SET version = version + 1 WHERE coop_id = $1 AND id = $2 RETURNING version",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await?;
    Ok(row.version)
}
