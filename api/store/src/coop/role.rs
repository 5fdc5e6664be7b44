//! Who holds which office now.

use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::MemberId;
use governance::membership::Role;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    #[expect(dead_code, reason = "the rows are read for their locks")]
    id: Uuid,
}

#[derive(QueryableByName)]
struct RoleRow {
    #[diesel(sql_type = Text)]
    role: String,
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Gives a role. `false` where the member held it already.
///
/// # Errors
/// If the database fails.
pub async fn role_insert(tx: &mut CoopTx, member: MemberId, role: Role) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let inserted = sql_query(
        "-- role_insert
        INSERT INTO member_role (coop_id, member_id, role, recorded_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (coop_id, member_id, role) DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Text, _>(role.name())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(inserted == 1)
}

/// Ends a role. `false` where the member did not hold it.
///
/// # Errors
/// If the database fails.
pub async fn role_delete(tx: &mut CoopTx, member: MemberId, role: Role) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let deleted = sql_query(
        "-- role_delete
        DELETE FROM member_role WHERE coop_id = $1 AND member_id = $2 AND role = $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<Text, _>(role.name())
    .execute(tx.connection())
    .await?;
    Ok(deleted == 1)
}

/// Ends every role of a member and names them.
///
/// # Errors
/// If the database fails.
pub async fn roles_end(tx: &mut CoopTx, member: MemberId) -> Result<Vec<String>, StoreError> {
    let coop = tx.coop().uuid();
    let rows: Vec<RoleRow> = sql_query(
        "-- roles_end
        DELETE FROM member_role WHERE coop_id = $1 AND member_id = $2 RETURNING role",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .get_results(tx.connection())
    .await?;
    Ok(rows.into_iter().map(|row| row.role).collect())
}

/// Locks the rows of all stewards, in the order of their ids. Whoever is about to lose one takes this first and counts in a later
/// statement ([`active_steward_count`]): two stewards who end each other's role at one moment would otherwise both see the other.
///
/// # Errors
/// If the database fails.
pub async fn stewards_lock(tx: &mut CoopTx) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    let _: Vec<IdRow> = sql_query(
        "-- stewards_lock
        SELECT id FROM member
        WHERE coop_id = $1 AND EXISTS (SELECT FROM member_role
            WHERE member_role.coop_id = member.coop_id AND member_role.member_id = member.id AND role = 'steward')
        ORDER BY id FOR NO KEY UPDATE OF member",
    )
    .bind::<SqlUuid, _>(coop)
    .get_results(tx.connection())
    .await?;
    Ok(())
}

/// How many active members are stewards.
///
/// # Errors
/// If the database fails.
pub async fn active_steward_count(tx: &mut CoopTx) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: CountRow = sql_query(
        "-- active_steward_count
        SELECT count(*) AS count FROM member JOIN member_role ON member_role.coop_id = member.coop_id
            AND member_role.member_id = member.id
        WHERE member.coop_id = $1 AND status = 'active' AND role = 'steward'",
    )
    .bind::<SqlUuid, _>(coop)
    .get_result(tx.connection())
    .await?;
    Ok(row.count)
}
