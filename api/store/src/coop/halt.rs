//! Times in which nothing happens that would bind a co-op.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::id::{MemberId, ProposalId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// A halt as it stands in its row, with the clock of the database.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct HaltRow {
    /// Which of the co-op's halts, from 1.
    #[diesel(sql_type = BigInt)]
    pub number: i64,
    /// When it began.
    #[diesel(sql_type = Timestamptz)]
    pub began_at: DateTime<Utc>,
    /// When it ends by itself.
    #[diesel(sql_type = Timestamptz)]
    pub until: DateTime<Utc>,
    /// The emergency, as it was stated.
    #[diesel(sql_type = Text)]
    pub reason: String,
    /// Who halted the co-op.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub actor_id: Option<Uuid>,
    /// The decision of the members by which it began.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub proposal_id: Option<Uuid>,
    /// The decision of the members by which it ended.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub ended_by_proposal: Option<Uuid>,
    /// When it was ended before its time.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub ended_at: Option<DateTime<Utc>>,
    /// Who ended it.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub ended_by: Option<Uuid>,
    /// Why.
    #[diesel(sql_type = Nullable<Text>)]
    pub end_reason: Option<String>,
    /// Now.
    #[diesel(sql_type = Timestamptz)]
    pub now: DateTime<Utc>,
}

impl HaltRow {
    /// Whether it is in force.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        self.now < self.ended_at.unwrap_or(self.until)
    }
}

/// Who halts a co-op, or ends its halt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HaltBy {
    /// A member, by virtue of an office.
    Member(MemberId),
    /// The members, by a decision.
    Proposal(ProposalId),
}

impl HaltBy {
    const fn member(self) -> Option<Uuid> {
        match self {
            Self::Member(member) => Some(member.uuid()),
            Self::Proposal(_) => None,
        }
    }

    const fn proposal(self) -> Option<Uuid> {
        match self {
            Self::Member(_) => None,
            Self::Proposal(proposal) => Some(proposal.uuid()),
        }
    }
}

/// Begins a halt. It is the next after `last`: of two at once, the second one fails on its number.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `halt_pkey` where another one was begun in the meantime.
pub async fn halt_insert(
    tx: &mut CoopTx,
    last: i64,
    (began_at, until): (DateTime<Utc>, DateTime<Utc>),
    (by, reason): (HaltBy, &str),
) -> Result<HaltRow, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- halt_insert
        INSERT INTO halt (coop_id, number, began_at, until, reason, actor_id, proposal_id, recorded_by)
        VALUES ($1, $2 + 1, $3, $4, $5, $6, $7, $8)
        RETURNING *, began_at AS now",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(last)
    .bind::<Timestamptz, _>(began_at)
    .bind::<Timestamptz, _>(until)
    .bind::<Text, _>(reason)
    .bind::<Nullable<SqlUuid>, _>(by.member())
    .bind::<Nullable<SqlUuid>, _>(by.proposal())
    .bind::<Text, _>(name)
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Ends the halt with this number now.
///
/// # Errors
/// If the database fails.
pub async fn halt_end(tx: &mut CoopTx, number: i64, (by, reason): (HaltBy, &str)) -> Result<HaltRow, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- halt_end
        UPDATE halt SET ended_at = statement_timestamp(), ended_by = $3, end_reason = $4, ended_by_proposal = $5
        WHERE coop_id = $1 AND number = $2
        RETURNING *, statement_timestamp() AS now",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(number)
    .bind::<Nullable<SqlUuid>, _>(by.member())
    .bind::<Text, _>(reason)
    .bind::<Nullable<SqlUuid>, _>(by.proposal())
    .get_result(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The last halt of the co-op.
///
/// # Errors
/// If the database fails.
pub async fn halt_last(tx: &mut CoopTx) -> Result<Option<HaltRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- halt_last
        SELECT *, statement_timestamp() AS now FROM halt WHERE coop_id = $1 ORDER BY number DESC LIMIT 1",
    )
    .bind::<SqlUuid, _>(coop)
    .get_result(tx.connection())
    .await
    .optional()
    .map_err(StoreError::from)
}

/// The halts before the one with this number, the newest first.
///
/// # Errors
/// If the database fails.
pub async fn halt_list(tx: &mut CoopTx, before: i64, limit: i64) -> Result<Vec<HaltRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- halt_list
        SELECT *, statement_timestamp() AS now FROM halt WHERE coop_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<BigInt, _>(before)
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}
