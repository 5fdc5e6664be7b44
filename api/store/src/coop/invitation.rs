//! Invitations. The database holds only the hash of what was mailed.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{InvitationId, MemberId};
use governance::membership::Class;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// An invitation that is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct NewInvitation<'a> {
    /// The invitation.
    pub id: InvitationId,
    /// The SHA-256 of its token.
    pub token_hash: &'a [u8; 32],
    /// To whom.
    pub email: &'a str,
    /// The class of the new member.
    pub class: Class,
    /// Who invites.
    pub created_by: MemberId,
    /// How long it works, in seconds.
    pub life_seconds: i64,
}

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct InvitationRow {
    /// The invitation.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// To whom.
    #[diesel(sql_type = Text)]
    pub email: String,
    /// The class of the new member.
    #[diesel(sql_type = Text)]
    pub class: String,
    /// Who invited.
    #[diesel(sql_type = SqlUuid)]
    pub created_by: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// Until when it works.
    #[diesel(sql_type = Timestamptz)]
    pub expires_at: DateTime<Utc>,
    /// Where it stands: `open`, `used`, `revoked` or `expired`.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// The member it became.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub used_by: Option<Uuid>,
}

/// What an invitation that was just used says.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct UsedInvitation {
    /// The class of the new member.
    #[diesel(sql_type = Text)]
    pub class: String,
    /// Who invited.
    #[diesel(sql_type = SqlUuid)]
    pub created_by: Uuid,
}

#[derive(QueryableByName)]
struct EmailRow {
    #[diesel(sql_type = Text)]
    email: String,
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Adds an invitation and gives it back as it stands.
///
/// # Errors
/// If the database fails.
pub async fn invitation_insert(tx: &mut CoopTx, invitation: NewInvitation<'_>) -> Result<InvitationRow, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- invitation_insert
        INSERT INTO invitation (coop_id, id, token_hash, email, class, created_by, expires_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 second', $8)
        RETURNING id, email, class, created_by, created_at, expires_at, 'open' AS state, used_by",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(invitation.id.uuid())
    .bind::<Binary, _>(&invitation.token_hash[..])
    .bind::<Text, _>(invitation.email)
    .bind::<Text, _>(invitation.class.name())
    .bind::<SqlUuid, _>(invitation.created_by.uuid())
    .bind::<BigInt, _>(invitation.life_seconds)
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The invitation to this address that still works, if there is one. Holds the address until the end of the transaction: of two who
/// invite the same person at once, the second one finds what the first one did.
///
/// # Errors
/// If the database fails, or another transaction holds the address for too long.
pub async fn invitation_open_for(tx: &mut CoopTx, email: &str) -> Result<Option<InvitationRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- invitation_address_hold
        SELECT pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2, 0))",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(email)
    .execute(tx.connection())
    .await?;
    sql_query(
        "-- invitation_open_for
        SELECT id, email, class, created_by, created_at, expires_at, 'open' AS state, used_by
        FROM invitation
        WHERE coop_id = $1 AND email = $2 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now()
        ORDER BY id DESC LIMIT 1",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(email)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The invitations after `after`.
///
/// # Errors
/// If the database fails.
pub async fn invitation_list(tx: &mut CoopTx, after: Uuid, limit: i64) -> Result<Vec<InvitationRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- invitation_list
        SELECT id, email, class, created_by, created_at, expires_at, used_by,
               CASE WHEN used_at IS NOT NULL THEN 'used' WHEN revoked_at IS NOT NULL THEN 'revoked'
                    WHEN expires_at <= now() THEN 'expired' ELSE 'open' END AS state
        FROM invitation WHERE coop_id = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// How many invitations were made within the last `seconds`.
///
/// # Errors
/// If the database fails.
pub async fn invitations_since(tx: &mut CoopTx, seconds: i64) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: CountRow = sql_query(
        "-- invitations_since
        SELECT count(*) AS count FROM invitation WHERE coop_id = $1 AND created_at > now() - $2 * interval '1 second'",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(seconds)
    .get_result(tx.connection())
    .await?;
    Ok(row.count)
}

/// Takes an invitation back. `false` where there is none that still works.
///
/// # Errors
/// If the database fails.
pub async fn invitation_revoke(tx: &mut CoopTx, invitation: InvitationId) -> Result<bool, StoreError> {
    let coop = tx.coop().uuid();
    let revoked = sql_query(
        "-- invitation_revoke
        UPDATE invitation SET revoked_at = now()
        WHERE coop_id = $1 AND id = $2 AND used_at IS NULL AND revoked_at IS NULL",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(invitation.uuid())
    .execute(tx.connection())
    .await?;
    Ok(revoked == 1)
}

/// To whom an invitation was sent, if it still works.
///
/// # Errors
/// If the database fails.
pub async fn invitation_email(
    tx: &mut CoopTx,
    invitation: InvitationId,
    token_hash: &[u8; 32],
) -> Result<Option<String>, StoreError> {
    let coop = tx.coop().uuid();
    let row: Option<EmailRow> = sql_query(
        "-- invitation_email
        SELECT email FROM invitation WHERE coop_id = $1 AND id = $2 AND token_hash = $3
            AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now()",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(invitation.uuid())
    .bind::<Binary, _>(&token_hash[..])
    .get_result(tx.connection())
    .await
    .optional()?;
    Ok(row.map(|row| row.email))
}

/// Uses an invitation up for a member, in one guarded statement: of two who try, one succeeds. `None` where it does not work.
///
/// # Errors
/// If the database fails.
pub async fn invitation_use(
    tx: &mut CoopTx,
    invitation: InvitationId,
    token_hash: &[u8; 32],
    member: MemberId,
) -> Result<Option<UsedInvitation>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- invitation_use
        UPDATE invitation SET used_at = now(), used_by = $4
        WHERE coop_id = $1 AND id = $2 AND token_hash = $3
            AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now()
        RETURNING class, created_by",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(invitation.uuid())
    .bind::<Binary, _>(&token_hash[..])
    .bind::<SqlUuid, _>(member.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}
