//! The history of each membership: one row for each thing that happened, never changed.

use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::MemberId;
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// What can happen to a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A person joined; the detail is the class.
    Joined,
    /// A steward entered the member by public key; the detail is the class.
    Imported,
    /// The detail is the new status.
    StatusChanged,
    /// The detail is the role.
    RoleGranted,
    /// The detail is the role.
    RoleEnded,
    /// The detail is the key.
    KeyRegistered,
    /// The detail is the key.
    KeyEnded,
    /// The detail is the new name.
    Renamed,
}

impl EventKind {
    /// The name in SQL and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Imported => "imported",
            Self::StatusChanged => "status_changed",
            Self::RoleGranted => "role_granted",
            Self::RoleEnded => "role_ended",
            Self::KeyRegistered => "key_registered",
            Self::KeyEnded => "key_ended",
            Self::Renamed => "renamed",
        }
    }
}

/// Something that just happened.
#[derive(Debug, Clone, Copy)]
pub struct NewEvent<'a> {
    /// To whom.
    pub member: MemberId,
    /// What.
    pub kind: EventKind,
    /// To what: see [`EventKind`].
    pub detail: &'a str,
    /// The reason given.
    pub reason: Option<&'a str>,
    /// The member who did it; `None` for the program itself.
    pub actor: Option<MemberId>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct EventRow {
    /// The event.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// To what.
    #[diesel(sql_type = Text)]
    pub detail: String,
    /// The reason given.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// Who did it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub actor_id: Option<Uuid>,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub at: chrono::DateTime<chrono::Utc>,
}

/// Writes what happened.
///
/// # Errors
/// If the database fails.
pub async fn member_event_insert(tx: &mut CoopTx, event: NewEvent<'_>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- member_event_insert
        INSERT INTO member_event (coop_id, id, member_id, kind, detail, reason, actor_id, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<SqlUuid, _>(event.member.uuid())
    .bind::<Text, _>(event.kind.name())
    .bind::<Text, _>(event.detail)
    .bind::<Nullable<Text>, _>(event.reason)
    .bind::<Nullable<SqlUuid>, _>(event.actor.map(|actor| actor.uuid()))
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What happened to a member after the event `after`.
///
/// # Errors
/// If the database fails.
pub async fn member_event_list(
    tx: &mut CoopTx,
    member: MemberId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<EventRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- member_event_list
        SELECT id, kind, detail, reason, actor_id, at FROM member_event
        WHERE coop_id = $1 AND member_id = $2 AND id > $3 ORDER BY id LIMIT $4",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(member.uuid())
    .bind::<SqlUuid, _>(after)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
