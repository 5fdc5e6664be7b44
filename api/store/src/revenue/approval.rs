//! Who approved a cycle, and what became of it.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Binary, Bool, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl as _;
use governance::hash::Hash32;
use governance::id::{JournalId, MemberId, PayoutCycleId};
use uuid::Uuid;

use crate::{CoopTx, StoreError};

/// An approval.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ApprovalRow {
    /// Who approved.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub approved_at: DateTime<Utc>,
    /// Whether who approved holds an office now.
    #[diesel(sql_type = Bool)]
    pub holds_office: bool,
}

/// Puts a verified cycle before the approvers.
///
/// # Errors
/// If the database fails.
pub async fn cycle_propose(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    approvals: i16,
    by: (MemberId, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- cycle_propose
        UPDATE payout_cycle SET state = 'proposed', approvals_needed = $3, proposed_by = $4, proposed_at = $5, recorded_by = $6
        WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<SmallInt, _>(approvals)
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Approves the digests of a proposed cycle; false where the member did so before.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payout_approval_is_by_another` for who prepared it, and
/// `payout_approval_is_of_what_is_proposed` for other digests.
pub async fn approval_insert(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    (digest, payout_digest): (Hash32, Hash32),
    by: (MemberId, DateTime<Utc>),
) -> Result<bool, StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    let inserted = sql_query(
        "-- approval_insert
        INSERT INTO payout_approval (coop_id, cycle_id, member_id, digest, payout_digest, approved_at, recorded_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (coop_id, cycle_id, member_id) DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Binary, _>(digest.as_bytes().as_slice())
    .bind::<Binary, _>(payout_digest.as_bytes().as_slice())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(inserted == 1)
}

/// Who holds an office.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ApproverRow {
    /// The member.
    #[diesel(sql_type = SqlUuid)]
    pub member_id: Uuid,
    /// How the member is called.
    #[diesel(sql_type = Text)]
    pub name: String,
}

/// Who may approve a cycle: whoever holds an office and brought about nothing that it counts. Nobody proposed it yet where it is only computed, and
/// an unknown editor is no reason to name nobody: hence `IS NOT TRUE`.
///
/// # Errors
/// If the database fails.
pub async fn approvers(tx: &mut CoopTx, cycle: PayoutCycleId) -> Result<Vec<ApproverRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- approvers
        SELECT member.id AS member_id, member.display_name AS name FROM member
        WHERE member.coop_id = $1 AND member.status = 'active'
          AND EXISTS (SELECT FROM member_role AS office WHERE office.coop_id = $1 AND office.member_id = member.id)
          AND (member.id IN (SELECT payout_cycle_editors(head) FROM payout_cycle AS head WHERE head.coop_id = $1 AND head.id = $2)) IS NOT TRUE
        ORDER BY member.id LIMIT 100",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// The approvals of a cycle.
///
/// # Errors
/// If the database fails.
pub async fn approval_list(tx: &mut CoopTx, cycle: PayoutCycleId) -> Result<Vec<ApprovalRow>, StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- approval_list
        SELECT approval.member_id, approval.approved_at,
            member.status = 'active' AND EXISTS (SELECT FROM member_role WHERE member_role.coop_id = $1
                AND member_role.member_id = approval.member_id) AS holds_office
        FROM payout_approval AS approval JOIN member ON member.coop_id = $1 AND member.id = approval.member_id
        WHERE approval.coop_id = $1 AND approval.cycle_id = $2 ORDER BY approval.approved_at, approval.member_id",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Notes that enough approved.
///
/// # Errors
/// If the database fails; [`StoreError::is_constraint`] `payout_cycle_is_approved_by_enough` where approvals are missing.
pub async fn cycle_approve(tx: &mut CoopTx, cycle: PayoutCycleId, at: DateTime<Utc>) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- cycle_approve
        UPDATE payout_cycle SET state = 'approved', approved_at = $3, recorded_by = $4 WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<Timestamptz, _>(at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Notes the transaction that posted a cycle.
///
/// # Errors
/// If the database fails.
pub async fn cycle_post(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    journal: JournalId,
    by: (MemberId, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- cycle_post
        UPDATE payout_cycle SET state = 'posted', journal_id = $3, posted_by = $4, posted_at = $5, recorded_by = $6
        WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<SqlUuid, _>(journal.uuid())
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Cancels a cycle that was not posted.
///
/// # Errors
/// If the database fails.
pub async fn cycle_cancel(
    tx: &mut CoopTx,
    cycle: PayoutCycleId,
    reason: &str,
    by: (MemberId, DateTime<Utc>),
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- cycle_cancel
        UPDATE payout_cycle SET state = 'cancelled', cancel_reason = $3, cancelled_by = $4, cancelled_at = $5, recorded_by = $6
        WHERE coop_id = $1 AND id = $2",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(cycle.uuid())
    .bind::<Text, _>(reason)
    .bind::<SqlUuid, _>(by.0.uuid())
    .bind::<Timestamptz, _>(by.1)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}
