//! Messages to be sent out, claimed by lease. They wait apart from the jobs that decide something, which nothing outside may hold up.

use std::time::Duration;

use diesel::sql_types::{BigInt, Double, Integer, Text, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::{CoopTx, GlobalTx, StoreError};

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrandKind {
    /// Remind members of a vote that opened.
    RemindOpening,
    /// Remind members of a vote that closes soon.
    RemindClosing,
    /// Deliver to a webhook.
    Webhook,
}

impl ErrandKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::RemindOpening, Self::RemindClosing, Self::Webhook];

    /// The name in SQL and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RemindOpening => "remind_opening",
            Self::RemindClosing => "remind_closing",
            Self::Webhook => "webhook",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// An errand that this worker may do until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ClaimedErrand {
    /// The co-op it is for.
    #[diesel(sql_type = SqlUuid)]
    pub coop_id: Uuid,
    /// The errand.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// What to do.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// About what.
    #[diesel(sql_type = SqlUuid)]
    pub subject_id: Uuid,
    /// The number of this claim.
    #[diesel(sql_type = BigInt)]
    pub epoch: i64,
    /// How often it was claimed without success, this time included.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
}

/// What becomes of a claimed errand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrandEnd {
    /// It is done, needless, or given up.
    Done,
    /// There is more to do, not before so long from now; nothing failed.
    Wait(Duration),
    /// It failed for a reason, and is tried again after so long.
    Retry(Duration, String),
}

/// Asks for an errand at once; it leaves if the transaction commits.
///
/// # Errors
/// If the database fails.
pub async fn errand_insert(tx: &mut CoopTx, kind: ErrandKind, subject: Uuid) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- errand_insert
        INSERT INTO errand (coop_id, id, kind, subject_id, recorded_by) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<Text, _>(kind.name())
    .bind::<SqlUuid, _>(subject)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Claims up to `limit` errands that are due, the longest due first.
///
/// # Errors
/// If the database fails.
pub async fn errand_claim(tx: &mut GlobalTx, limit: u16, lease: Duration) -> Result<Vec<ClaimedErrand>, StoreError> {
    sql_query(
        "-- errand_claim
        UPDATE errand SET epoch = epoch + 1, attempts = attempts + 1,
            leased_until = clock_timestamp() + make_interval(secs => $2)
        WHERE (coop_id, id) IN (
            SELECT coop_id, id FROM errand
            WHERE done_at IS NULL AND run_at <= clock_timestamp() AND coalesce(leased_until <= clock_timestamp(), true)
            ORDER BY run_at LIMIT $1 FOR UPDATE SKIP LOCKED)
        RETURNING coop_id, id, kind, subject_id, epoch, attempts",
    )
    .bind::<BigInt, _>(i64::from(limit))
    .bind::<Double, _>(lease.as_secs_f64())
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Says what became of a claimed errand; whether the claim was still ours.
///
/// # Errors
/// If the database fails.
pub async fn errand_end(tx: &mut GlobalTx, errand: &ClaimedErrand, end: &ErrandEnd) -> Result<bool, StoreError> {
    let (is_done, given_back, delay, error) = match end {
        ErrandEnd::Done => (true, 0, Duration::ZERO, ""),
        // Waiting is no failure, so it takes back the attempt.
        ErrandEnd::Wait(delay) => (false, 1, *delay, ""),
        ErrandEnd::Retry(delay, error) => (false, 0, *delay, error.as_str()),
    };
    let changed = sql_query(
        "-- errand_end
        UPDATE errand SET leased_until = NULL, attempts = attempts - $4, last_error = nullif(left($6, 500), ''),
            done_at = CASE WHEN $3 THEN clock_timestamp() END,
            run_at = CASE WHEN $3 THEN run_at ELSE clock_timestamp() + make_interval(secs => $5) END
        WHERE coop_id = $1 AND id = $2 AND epoch = $7 AND done_at IS NULL",
    )
    .bind::<SqlUuid, _>(errand.coop_id)
    .bind::<SqlUuid, _>(errand.id)
    .bind::<diesel::sql_types::Bool, _>(is_done)
    .bind::<Integer, _>(given_back)
    .bind::<Double, _>(delay.as_secs_f64())
    .bind::<Text, _>(error)
    .bind::<BigInt, _>(errand.epoch)
    .execute(tx.connection())
    .await?;
    Ok(changed == 1)
}

/// Removes errands that were done this long ago; how many of at most `limit`.
///
/// # Errors
/// If the database fails.
pub async fn errand_sweep(tx: &mut GlobalTx, age_seconds: u32, limit: u16) -> Result<usize, StoreError> {
    sql_query(
        "-- errand_sweep
        DELETE FROM errand WHERE (coop_id, id) IN (
            SELECT coop_id, id FROM errand WHERE done_at < now() - make_interval(secs => $1)
            ORDER BY done_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind::<Double, _>(f64::from(age_seconds))
    .bind::<BigInt, _>(i64::from(limit))
    .execute(tx.connection())
    .await
    .map_err(StoreError::from)
}
