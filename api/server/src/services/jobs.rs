//! The worker: closing and counting when it is time, mail, anchors.
//!
//! Jobs are claimed by row lock under a lease with a rising epoch. Whatever a job does is guarded by the state of what it works
//! on, so a job that runs twice, or whose worker died after doing it, does no harm.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use governance::id::{CoopId, ProposalId, ScheduleId};
use store::decision::job::{ClaimedJob, JobEnd, JobKind, job_claim, job_due_count, job_end, job_wake_resting};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::app::App;
use crate::failpoint::Failpoint;
use crate::services::access::proving::prove_once;
use crate::services::access::sweeping::sweep_once;
use crate::services::access::totals::totals_once;
use crate::services::anchor_rounds::{anchor_once, repeat_anchoring, seal, seal_all};
use crate::services::counting::{CloseReport, CountReport, close, count_closed};
use crate::services::execution::{CarryReport, carry_out};
use crate::services::payments::{following, reconciling};
use crate::services::scheduling::{OpenReport, open_scheduled};
use crate::services::{errands, identity, log, mail};

/// How often to look for jobs, mail and anchors when there was nothing to do.
pub(super) const POLL: Duration = Duration::from_secs(1);
/// How long to leave something alone that just failed, such as a node that is away.
pub(super) const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);
/// How long a claimed job belongs to its worker.
const LEASE: Duration = Duration::from_secs(120);
/// How many jobs are claimed at once; they are done one after the other.
const CLAIM_MAX: i64 = 4;
/// How often a job may fail before it rests until a worker starts anew; with the delays below that is most of a day.
const ATTEMPTS_MAX: i32 = 100;
/// The longest delay between two attempts.
const DELAY_MAX: Duration = Duration::from_secs(600);
/// Works until told to stop; what was begun is finished first.
pub async fn run_worker(app: Arc<App>, stop: watch::Receiver<bool>) {
    if let Err(error) = wake_resting(&app).await {
        tracing::warn!(error.cause = %format_args!("{error:#}"), "resting jobs could not be woken");
    }
    // Apart, so that a node or a mail server that hangs holds up nothing but its own.
    tokio::join!(
        repeat(&app, stop.clone(), Chore::Jobs),
        repeat(&app, stop.clone(), Chore::Mail),
        repeat(&app, stop.clone(), Chore::Errands),
        repeat(&app, stop.clone(), Chore::Leases),
        repeat(&app, stop.clone(), Chore::Totals),
        repeat(&app, stop.clone(), Chore::Proofs),
        repeat_anchoring(&app, stop.clone()),
        log::repeat_publishing(&app, stop.clone()),
        reconciling::repeat_looking(&app, stop.clone()),
        following::repeat_following(&app, stop.clone()),
        identity::keep_tidy(&app, stop),
    );
}

/// Does once all that is due; how much that was. A batch that waits for the chain counts, since the chain moves by itself.
///
/// # Errors
/// If the database or the chain fails; a job that fails is put off and is no error.
pub async fn run_due(app: &App) -> anyhow::Result<usize> {
    let jobs = jobs_once(app).await?;
    let errands = errands::errands_once(app).await?;
    let swept = sweep_once(app).await?.saturating_add(totals_once(app).await?);
    let mails = mail::send_due(app).await?;
    let sealed = seal_all(app).await?;
    let anchors = anchor_once(app).await?;
    // Last, so that it covers what all before it did.
    let checkpoints = log::publish_once(app).await?;
    Ok(jobs
        .saturating_add(errands)
        .saturating_add(swept)
        .saturating_add(mails)
        .saturating_add(sealed)
        .saturating_add(anchors)
        .saturating_add(checkpoints))
}

/// What is done again and again.
#[derive(Debug, Clone, Copy)]
enum Chore {
    Jobs,
    Mail,
    Errands,
    Leases,
    Totals,
    Proofs,
}

/// Does a chore until told to stop: at once again where there was something to do, else after a while.
async fn repeat(app: &App, mut stop: watch::Receiver<bool>, chore: Chore) {
    while !*stop.borrow() {
        let round = match chore {
            Chore::Jobs => jobs_once(app).await,
            Chore::Mail => mail::send_due(app).await.map_err(anyhow::Error::from),
            Chore::Errands => errands::errands_once(app).await.map_err(anyhow::Error::from),
            Chore::Leases => sweep_once(app).await.map_err(anyhow::Error::from),
            Chore::Totals => totals_once(app).await,
            Chore::Proofs => prove_once(app).await,
        };
        let pause = match round {
            Ok(0) => POLL,
            Ok(_) => continue,
            Err(error) => {
                tracing::warn!(error.cause = %format_args!("{error:#}"), ?chore, "a round of work failed");
                PAUSE_AFTER_FAILURE
            }
        };
        rest(&mut stop, pause).await;
    }
}

/// Waits for a while, or until told to stop.
pub(super) async fn rest(stop: &mut watch::Receiver<bool>, pause: Duration) {
    tokio::select! {
        () = sleep(pause) => {}
        changed = stop.changed() => {
            // Whoever could tell us to stop is gone: nothing will ever change, so only time passes.
            if changed.is_err() {
                sleep(pause).await;
            }
        }
    }
}

async fn wake_resting(app: &App) -> anyhow::Result<()> {
    let mut tx = app.store.global_tx("job_wake").await?;
    job_wake_resting(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// Claims what is due and does it.
pub(super) async fn jobs_once(app: &App) -> anyhow::Result<usize> {
    let mut tx = app.store.global_tx("job_claim").await?;
    let jobs = job_claim(&mut tx, LEASE, CLAIM_MAX).await?;
    let due = job_due_count(&mut tx).await?;
    tx.commit().await?;
    app.metrics.jobs_due.set(due);
    for job in &jobs {
        // A job that panics is a job that failed; the worker goes on.
        let done = AssertUnwindSafe(do_job(app, job)).catch_unwind().await;
        let done = done.unwrap_or_else(|_| Err(anyhow::anyhow!("the job panicked")));
        Failpoint::JobDone.reach_in(&job.kind);
        end_job(app, job, done).await?;
    }
    Ok(jobs.len())
}

async fn do_job(app: &App, job: &ClaimedJob) -> anyhow::Result<JobEnd<'static>> {
    let (coop, proposal) = (CoopId::from_uuid(job.coop_id), ProposalId::from_uuid(job.subject_id));
    let Some(kind) = JobKind::from_name(&job.kind) else {
        anyhow::bail!("this version of the program does not know the job");
    };
    match kind {
        JobKind::Open => Ok(
            match open_scheduled(app, coop, ScheduleId::from_uuid(job.subject_id)).await? {
                OpenReport::Done => JobEnd::Done,
                OpenReport::Wait(look_at) => JobEnd::WaitUntil(look_at),
            },
        ),
        JobKind::Close => Ok(match close(app, coop, proposal).await? {
            CloseReport::Closed | CloseReport::Ended => JobEnd::Done,
            CloseReport::Open(look_at) => JobEnd::WaitUntil(look_at),
        }),
        JobKind::Count => match count_closed(app, coop, proposal).await? {
            CountReport::Published => {
                // A result is worth an anchor of its own; where the chain is away now, the regular sealing makes up for it.
                if let Err(error) = seal(app, coop).await {
                    tracing::warn!(error.cause = %format_args!("{error:#}"), "a result could not be sealed yet");
                }
                Ok(JobEnd::Done)
            }
            CountReport::Waits(delay) => Ok(JobEnd::Wait(delay)),
            CountReport::Nothing => Ok(JobEnd::Done),
        },
        JobKind::Execute => Ok(match carry_out(app, coop, proposal).await? {
            CarryReport::Done => JobEnd::Done,
            CarryReport::Wait(look_at) => JobEnd::WaitUntil(look_at),
        }),
    }
}

async fn end_job(app: &App, job: &ClaimedJob, done: anyhow::Result<JobEnd<'static>>) -> anyhow::Result<()> {
    let text = done
        .as_ref()
        .err()
        .map(|error| format!("{error:#}"))
        .unwrap_or_default();
    let (end, result) = match done {
        Ok(end @ JobEnd::Done) => (end, "done"),
        Ok(end) => (end, "waits"),
        Err(_) if job.attempts >= ATTEMPTS_MAX => (JobEnd::Rest(&text), "rests"),
        Err(_) => (JobEnd::Retry(delay_after(job.attempts), &text), "failed"),
    };
    if !text.is_empty() {
        tracing::error!(job.id = %job.id, job.kind, job.attempts, job.result = result, error.cause = text, "a job failed");
    }
    app.metrics.jobs.with_label_values(&[job.kind.as_str(), result]).inc();
    let mut tx = app.store.global_tx("job_end").await?;
    job_end(&mut tx, job, end).await?;
    Ok(tx.commit().await?)
}

/// One second after the first failure, twice as long after each further one, up to a bound.
fn delay_after(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or_default().min(16);
    Duration::from_secs(1).saturating_mul(1 << doublings).min(DELAY_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_a_bound() {
        let seconds: Vec<u64> = [1, 2, 3, 10, 11, 100]
            .map(|attempts| delay_after(attempts).as_secs())
            .to_vec();
        assert_eq!(seconds, [1, 2, 4, 512, 600, 600]);
    }
}
