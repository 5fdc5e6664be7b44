//! Applications to join.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{AccountId, ApplicationId, MemberId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// An application that is about to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewApplication<'a> {
    /// The application.
    pub id: ApplicationId,
    /// Who asks.
    pub account: AccountId,
    /// How the person wishes to be called.
    pub display_name: &'a str,
    /// Why.
    pub statement: &'a str,
}

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ApplicationRow {
    /// The application.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Who asks. Never shown.
    #[diesel(sql_type = SqlUuid)]
    pub account_id: Uuid,
    /// How the person wishes to be called.
    #[diesel(sql_type = Text)]
    pub display_name: String,
    /// Why.
    #[diesel(sql_type = Text)]
    pub statement: String,
    /// Where it stands.
    #[diesel(sql_type = Text)]
    pub status: String,
    /// When it was made.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// When it was decided.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub decided_at: Option<DateTime<Utc>>,
    /// Who decided.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub decided_by: Option<Uuid>,
    /// The reason given.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
}

/// How an application is decided.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// The application.
    pub application: ApplicationId,
    /// `admitted` or `declined`.
    pub status: &'a str,
    /// Who decides.
    pub decided_by: MemberId,
    /// The reason given.
    pub reason: Option<&'a str>,
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// Adds an application and gives it back as it stands.
///
/// # Errors
/// The constraint `application_pending_of_account` where one of the account is waiting.
pub async fn application_insert(
    tx: &mut CoopTx,
    application: NewApplication<'_>,
) -> Result<ApplicationRow, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- application_insert
        INSERT INTO application (coop_id, id, account_id, display_name, statement, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING id, account_id, display_name, statement, status, created_at, decided_at, decided_by, reason",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(application.id.uuid())
    .bind::<SqlUuid, _>(application.account.uuid())
    .bind::<Text, _>(application.display_name)
    .bind::<Text, _>(application.statement)
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The applications after `after`.
///
/// # Errors
/// If the database fails.
pub async fn application_list(tx: &mut CoopTx, after: Uuid, limit: i64) -> Result<Vec<ApplicationRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- application_list
        SELECT id, account_id, display_name, statement, status, created_at, decided_at, decided_by, reason
        FROM application WHERE coop_id = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// One application, which does not change until the transaction ends.
///
/// # Errors
/// If the database fails.
pub async fn application_lock(
    tx: &mut CoopTx,
    application: ApplicationId,
) -> Result<Option<ApplicationRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- application_lock
        SELECT id, account_id, display_name, statement, status, created_at, decided_at, decided_by, reason
        FROM application WHERE coop_id = $1 AND id = $2 FOR UPDATE",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(application.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Decides an application that is waiting, and gives it back as it stands then. Lock it first.
///
/// # Errors
/// If the database fails, also where it was decided before.
pub async fn application_decide(tx: &mut CoopTx, decision: Decision<'_>) -> Result<ApplicationRow, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- application_decide
        UPDATE application SET status = $3, decided_at = now(), decided_by = $4, reason = $5
        WHERE coop_id = $1 AND id = $2 AND status = 'pending'
        RETURNING id, account_id, display_name, statement, status, created_at, decided_at, decided_by, reason",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(decision.application.uuid())
    .bind::<Text, _>(decision.status)
    .bind::<SqlUuid, _>(decision.decided_by.uuid())
    .bind::<Nullable<Text>, _>(decision.reason)
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Counts the application of an account as admitted, because the person joined by an invitation of `host` meanwhile. Gives the
/// application, where one was waiting.
///
/// # Errors
/// If the database fails.
pub async fn application_admit_pending(
    tx: &mut CoopTx,
    account: AccountId,
    host: MemberId,
) -> Result<Option<ApplicationId>, StoreError> {
    let coop = tx.coop().uuid();
    let row: Option<IdRow> = sql_query(
        "-- application_admit_pending
        UPDATE application SET status = 'admitted', decided_at = now(), decided_by = $3
        WHERE coop_id = $1 AND account_id = $2 AND status = 'pending'
        RETURNING id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(account.uuid())
    .bind::<SqlUuid, _>(host.uuid())
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(row.map(|row| ApplicationId::from_uuid(row.id)))
}
