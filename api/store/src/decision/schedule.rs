//! Openings of voting that are set for a moment to come. At most one of a proposal waits.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use governance::id::{MemberId, ProposalId, ScheduleId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

const COLUMNS: &str =
    "id, proposal_id, opens_at, closes_at, scheduled_by, scheduled_at, outcome, reason, ended_by, ended_at";

/// What became of an opening that was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleOutcome {
    /// Its time has not come.
    Waiting,
    /// Voting opened.
    Opened,
    /// A steward took it back.
    Cancelled,
    /// Another one was set.
    Replaced,
    /// The proposal was changed, so nobody had set this for what it says now.
    Edited,
    /// Its time came, and something stood in the way.
    Refused,
    /// The proposal was withdrawn or cancelled.
    Ended,
}

impl ScheduleOutcome {
    /// The name in SQL and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Opened => "opened",
            Self::Cancelled => "cancelled",
            Self::Replaced => "replaced",
            Self::Edited => "edited",
            Self::Refused => "refused",
            Self::Ended => "ended",
        }
    }
}

/// An opening that was set.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ScheduleRow {
    /// Which one.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Of which proposal.
    #[diesel(sql_type = SqlUuid)]
    pub proposal_id: Uuid,
    /// When voting opens.
    #[diesel(sql_type = Timestamptz)]
    pub opens_at: DateTime<Utc>,
    /// When voting ends.
    #[diesel(sql_type = Timestamptz)]
    pub closes_at: DateTime<Utc>,
    /// The steward who set it.
    #[diesel(sql_type = SqlUuid)]
    pub scheduled_by: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub scheduled_at: DateTime<Utc>,
    /// What became of it.
    #[diesel(sql_type = Text)]
    pub outcome: String,
    /// Why it came to nothing.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// Who ended it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub ended_by: Option<Uuid>,
    /// When it ended.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub ended_at: Option<DateTime<Utc>>,
}

/// An opening that is about to be set.
#[derive(Debug, Clone, Copy)]
pub struct NewSchedule {
    /// Which one.
    pub id: ScheduleId,
    /// Of which proposal.
    pub proposal: ProposalId,
    /// When voting opens.
    pub opens_at: DateTime<Utc>,
    /// When voting ends.
    pub closes_at: DateTime<Utc>,
    /// The steward who sets it.
    pub by: MemberId,
}

/// Sets when voting opens.
///
/// # Errors
/// If the database fails, or another one waits.
pub async fn schedule_insert(tx: &mut CoopTx, new: NewSchedule) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- schedule_insert
        INSERT INTO proposal_schedule (coop_id, id, proposal_id, opens_at, closes_at, scheduled_by, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(new.id.uuid())
    .bind::<SqlUuid, _>(new.proposal.uuid())
    .bind::<Timestamptz, _>(new.opens_at)
    .bind::<Timestamptz, _>(new.closes_at)
    .bind::<SqlUuid, _>(new.by.uuid())
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// An opening that was set.
///
/// # Errors
/// If the database fails.
pub async fn schedule_get(tx: &mut CoopTx, id: ScheduleId) -> Result<Option<ScheduleRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- schedule_get
        SELECT {COLUMNS} FROM proposal_schedule WHERE coop_id = $1 AND id = $2"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(id.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The last opening that was set for a proposal, whatever became of it.
///
/// # Errors
/// If the database fails.
pub async fn schedule_last(tx: &mut CoopTx, proposal: ProposalId) -> Result<Option<ScheduleRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- schedule_last
        SELECT {COLUMNS} FROM proposal_schedule WHERE coop_id = $1 AND proposal_id = $2 ORDER BY id DESC LIMIT 1"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// Says what became of the opening that waits, and gives it; `None` where none does.
///
/// # Errors
/// If the database fails.
pub async fn schedule_end(
    tx: &mut CoopTx,
    proposal: ProposalId,
    outcome: ScheduleOutcome,
    (by, reason): (Option<MemberId>, Option<&str>),
) -> Result<Option<ScheduleRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(format!(
        "-- schedule_end
        UPDATE proposal_schedule SET outcome = $3, reason = $4, ended_by = $5, ended_at = clock_timestamp()
        WHERE coop_id = $1 AND proposal_id = $2 AND outcome = 'waiting' RETURNING {COLUMNS}"
    ))
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(proposal.uuid())
    .bind::<Text, _>(outcome.name())
    .bind::<Nullable<Text>, _>(reason)
    .bind::<Nullable<SqlUuid>, _>(by.map(|by| by.uuid()))
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}
