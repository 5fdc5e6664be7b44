//! Jobs: asked for in the transaction of a step, done by whichever worker claims them first.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Double, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::{CoopTx, GlobalTx, StoreError};

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Open voting on a proposal, as it was set.
    Open,
    /// Close voting on a proposal.
    Close,
    /// Count its ballots and publish the tally.
    Count,
    /// Let the time for objections end, and execute what was carried.
    Execute,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Open, Self::Close, Self::Count, Self::Execute];

    /// The name in SQL and in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Close => "close",
            Self::Count => "count",
            Self::Execute => "execute",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A job that was claimed. Every later change names its epoch, so a worker that was paused changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct ClaimedJob {
    /// The job.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// The co-op it is for.
    #[diesel(sql_type = SqlUuid)]
    pub coop_id: Uuid,
    /// What to do.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// To what.
    #[diesel(sql_type = SqlUuid)]
    pub subject_id: Uuid,
    /// The epoch of this claim.
    #[diesel(sql_type = BigInt)]
    pub epoch: i64,
    /// How often it was claimed without success, this time included.
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
}

/// What becomes of a claimed job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobEnd<'a> {
    /// It is done.
    Done,
    /// It is too early and nothing failed: not before so long from now.
    Wait(Duration),
    /// It is too early and nothing failed: not before this moment.
    WaitUntil(DateTime<Utc>),
    /// It failed and is tried again.
    Retry(Duration, &'a str),
    /// It failed too often: it rests until [`job_wake_resting`].
    Rest(&'a str),
}

/// A co-op that a chain anchors.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct AnchoredCoop {
    /// The co-op.
    #[diesel(sql_type = SqlUuid)]
    pub coop_id: Uuid,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Asks for a job not before a moment. What was asked for already stays as it is.
///
/// # Errors
/// If the database fails.
pub async fn job_insert(
    tx: &mut CoopTx,
    kind: JobKind,
    subject: impl Into<Uuid> + Send,
    run_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (coop, name) = (tx.coop().uuid(), tx.name());
    sql_query(
        "-- job_insert
        INSERT INTO job (id, coop_id, kind, subject_id, run_at, recorded_by) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (coop_id, kind, subject_id) DO NOTHING",
    )
    .bind::<SqlUuid, _>(Uuid::now_v7())
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(kind.name())
    .bind::<SqlUuid, _>(subject.into())
    .bind::<Timestamptz, _>(run_at)
    .bind::<Text, _>(name)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Makes a job due at once, if it waits.
///
/// # Errors
/// If the database fails.
pub async fn job_hasten(tx: &mut CoopTx, kind: JobKind, subject: impl Into<Uuid> + Send) -> Result<(), StoreError> {
    let coop = tx.coop().uuid();
    sql_query(
        "-- job_hasten
        UPDATE job SET run_at = clock_timestamp()
        WHERE coop_id = $1 AND kind = $2 AND subject_id = $3 AND done_at IS NULL AND run_at > clock_timestamp()",
    )
    .bind::<SqlUuid, _>(coop)
    .bind::<Text, _>(kind.name())
    .bind::<SqlUuid, _>(subject.into())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Claims up to `limit` jobs that are due, the longest due first.
///
/// # Errors
/// If the database fails.
pub async fn job_claim(tx: &mut GlobalTx, lease: Duration, limit: i64) -> Result<Vec<ClaimedJob>, StoreError> {
    sql_query(
        "-- job_claim
        UPDATE job SET epoch = epoch + 1, attempts = attempts + 1,
            leased_until = clock_timestamp() + $1 * interval '1 millisecond'
        WHERE id IN (
            SELECT id FROM job
            WHERE done_at IS NULL AND run_at <= clock_timestamp()
              AND (leased_until IS NULL OR leased_until < clock_timestamp())
            ORDER BY run_at LIMIT $2 FOR UPDATE SKIP LOCKED)
        RETURNING id, coop_id, kind, subject_id, epoch, attempts",
    )
    .bind::<BigInt, _>(milliseconds(lease))
    .bind::<BigInt, _>(limit)
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Says what became of a claimed job; false if another worker claimed it in the meantime.
///
/// # Errors
/// If the database fails.
pub async fn job_end(tx: &mut GlobalTx, job: &ClaimedJob, end: JobEnd<'_>) -> Result<bool, StoreError> {
    let changed = match end {
        JobEnd::Done => {
            sql_query(
                "-- job_end, done
                UPDATE job SET done_at = clock_timestamp(), leased_until = NULL WHERE id = $1 AND epoch = $2",
            )
            .bind::<SqlUuid, _>(job.id)
            .bind::<BigInt, _>(job.epoch)
            .execute(tx.connection())
            .await?
        }
        JobEnd::Wait(delay) => {
            // Waiting is no failure, so it takes back the attempt.
            sql_query(
                "-- job_end, wait
                UPDATE job SET run_at = clock_timestamp() + $3 * interval '1 millisecond', leased_until = NULL,
                    attempts = attempts - 1
                WHERE id = $1 AND epoch = $2",
            )
            .bind::<SqlUuid, _>(job.id)
            .bind::<BigInt, _>(job.epoch)
            .bind::<BigInt, _>(milliseconds(delay))
            .execute(tx.connection())
            .await?
        }
        JobEnd::WaitUntil(at) => {
            sql_query(
                "-- job_end, wait until
                UPDATE job SET run_at = $3, leased_until = NULL, attempts = attempts - 1 WHERE id = $1 AND epoch = $2",
            )
            .bind::<SqlUuid, _>(job.id)
            .bind::<BigInt, _>(job.epoch)
            .bind::<Timestamptz, _>(at)
            .execute(tx.connection())
            .await?
        }
        JobEnd::Retry(delay, error) => {
            sql_query(
                "-- job_end, retry
                UPDATE job SET run_at = clock_timestamp() + $3 * interval '1 millisecond', leased_until = NULL,
                    last_error = $4
                WHERE id = $1 AND epoch = $2",
            )
            .bind::<SqlUuid, _>(job.id)
            .bind::<BigInt, _>(job.epoch)
            .bind::<BigInt, _>(milliseconds(delay))
            .bind::<Text, _>(error)
            .execute(tx.connection())
            .await?
        }
        JobEnd::Rest(error) => {
            sql_query(
                "-- job_end, rest
                UPDATE job SET run_at = 'infinity', leased_until = NULL, last_error = $3 WHERE id = $1 AND epoch = $2",
            )
            .bind::<SqlUuid, _>(job.id)
            .bind::<BigInt, _>(job.epoch)
            .bind::<Text, _>(error)
            .execute(tx.connection())
            .await?
        }
    };
    Ok(changed == 1)
}

/// Makes resting jobs due again, as if never tried; a worker does this when it starts, since what made them fail may be mended.
///
/// # Errors
/// If the database fails.
pub async fn job_wake_resting(tx: &mut GlobalTx) -> Result<usize, StoreError> {
    sql_query(
        "-- job_wake_resting
        UPDATE job SET run_at = clock_timestamp(), attempts = 0 WHERE done_at IS NULL AND run_at = 'infinity'",
    )
    .execute(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// Removes jobs that were done this long ago; how many of at most `limit`.
///
/// # Errors
/// If the database fails.
pub async fn job_sweep(tx: &mut GlobalTx, age_seconds: u32, limit: u16) -> Result<usize, StoreError> {
    sql_query(
        "-- job_sweep
        DELETE FROM job WHERE id IN (
            SELECT id FROM job WHERE done_at < now() - make_interval(secs => $1)
            ORDER BY done_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind::<Double, _>(f64::from(age_seconds))
    .bind::<BigInt, _>(i64::from(limit))
    .execute(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// How many jobs are due and not done.
///
/// # Errors
/// If the database fails.
pub async fn job_due_count(tx: &mut GlobalTx) -> Result<i64, StoreError> {
    let row: Count = sql_query(
        "-- job_due_count
        SELECT count(*) AS count FROM job WHERE done_at IS NULL AND run_at <= clock_timestamp()",
    )
    .get_result(tx.connection())
    .await?;
    Ok(row.count)
}

/// Every co-op that a chain anchors.
///
/// # Errors
/// If the database fails.
pub async fn coops_anchored(tx: &mut GlobalTx) -> Result<Vec<AnchoredCoop>, StoreError> {
    sql_query(
        "-- coops_anchored
        SELECT coop_id FROM coop_directory WHERE is_anchored ORDER BY coop_id",
    )
    .get_results(tx.connection())
    .await
    .map_err(StoreError::from)
}

/// How many records of the co-op no final anchor covers.
///
/// # Errors
/// If the database fails.
pub async fn records_unanchored(tx: &mut CoopTx) -> Result<i64, StoreError> {
    let coop = tx.coop().uuid();
    let row: Count = sql_query(
        "-- records_unanchored
        SELECT coalesce((SELECT size FROM record_head WHERE coop_id = $1), 0)
            - coalesce((SELECT max(size) FROM anchor_batch WHERE coop_id = $1 AND state = 'final'), 0) AS count",
    )
    .bind::<SqlUuid, _>(coop)
    .get_result(tx.connection())
    .await?;
    Ok(row.count)
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
