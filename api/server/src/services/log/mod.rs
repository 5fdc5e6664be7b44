//! The log of each co-op: its entries get their place, a signed checkpoint covers them, files show both to anyone.
//!
//! The order of steps, each of which can be repeated after a death with the same bytes: entries get their place; tiles are written;
//! size, root and note are stored if the log still stands where it stood; the checkpoint in the folder is replaced if it is
//! smaller; the database notes it. A note is shown to nobody before it is stored, so there are never two of one size.

pub mod files;
pub(in crate::services) mod folder;
mod guard;
mod pruning;
mod publisher;
pub mod receipts;
pub mod repair;

use std::time::Duration;

use governance::hash::Hash32;
use governance::id::CoopId;
use governance::log::VerifierKey;
use store::log::{LogRefusal, logs_due, logs_standing, logs_started};
use tokio::sync::watch;
use tokio::time::Instant;

pub use self::guard::advice;
pub use self::publisher::Publisher;
use super::jobs::rest;
use crate::app::App;

/// How often to look for entries without a place. A checkpoint follows an act within two seconds.
const POLL: Duration = Duration::from_millis(250);
/// How often every log is compared with its published files, whether it has something to do or not.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// How often the metrics are renewed.
const MEASURE_EVERY: Duration = Duration::from_secs(5);
/// How many logs are worked on at the same time: each waits for the disk most of the time.
const TOGETHER_MAX: usize = 4;

/// The name of a co-op's log, for good.
#[must_use]
pub fn origin(app: &App, namespace: Hash32) -> String {
    format!("{}/{}", app.config.log.origin, hex::encode(namespace.as_bytes()))
}

/// The public key of a co-op's log, under its name.
///
/// # Errors
/// If the origin cannot be the name of a key.
pub fn verifier_key(app: &App, namespace: Hash32) -> anyhow::Result<VerifierKey> {
    let key = app.secrets.log_key().verifying_key();
    Ok(VerifierKey::new(&origin(app, namespace), key)?)
}

/// Publishes until told to stop.
pub async fn repeat_publishing(app: &App, mut stop: watch::Receiver<bool>) {
    let publisher = Publisher::new(app);
    let (mut next_look, mut next_measure) = (Instant::now(), Instant::now());
    while !*stop.borrow() {
        let now = Instant::now();
        let round = async {
            if now >= next_look {
                look_at_all(app, &publisher).await?;
                next_look = now + LOOK_EVERY;
            }
            let done = publish_due(app, &publisher).await?;
            if now >= next_measure {
                measure(app).await?;
                next_measure = now + MEASURE_EVERY;
            }
            anyhow::Ok(done)
        };
        match round.await {
            Ok(0) => rest(&mut stop, POLL).await,
            // More may wait; the pause lets entries gather, so that one checkpoint covers many.
            Ok(_) => rest(&mut stop, POLL / 2).await,
            Err(error) => {
                tracing::warn!(error.cause = %format_args!("{error:#}"), "a round of publishing failed");
                rest(&mut stop, super::jobs::POLL).await;
            }
        }
    }
}

/// Publishes what is due once; how many checkpoints.
///
/// # Errors
/// If the database fails. What fails for one co-op is logged.
pub async fn publish_once(app: &App) -> anyhow::Result<usize> {
    let done = publish_due(app, &Publisher::new(app)).await?;
    measure(app).await?;
    Ok(done)
}

async fn publish_due(app: &App, publisher: &Publisher<'_>) -> anyhow::Result<usize> {
    let mut tx = app.store.global_tx("logs_due").await?;
    let due = logs_due(&mut tx).await?;
    tx.commit().await?;
    Ok(each(publisher, due.into_iter().map(CoopId::from_uuid).collect()).await)
}

/// Compares every log with its published files.
async fn look_at_all(app: &App, publisher: &Publisher<'_>) -> anyhow::Result<()> {
    let mut tx = app.store.global_tx("logs_started").await?;
    let started = logs_started(&mut tx).await?;
    tx.commit().await?;
    each(publisher, started.into_iter().map(CoopId::from_uuid).collect()).await;
    Ok(())
}

/// Publishes each log; how many checkpoints. One that fails keeps no other from its turn.
async fn each(publisher: &Publisher<'_>, coops: Vec<CoopId>) -> usize {
    use futures_util::StreamExt as _;
    let published = futures_util::stream::iter(coops)
        .map(|coop| async move {
            publisher.publish(coop).await.unwrap_or_else(|error| {
                tracing::error!(coop.id = %coop, error.cause = %format_args!("{error:#}"), "a log could not be published");
                false
            })
        })
        .buffer_unordered(TOGETHER_MAX);
    published
        .fold(
            0_usize,
            |sum, published| async move { sum.saturating_add(published.into()) },
        )
        .await
}

async fn measure(app: &App) -> anyhow::Result<()> {
    let mut tx = app.store.global_tx("logs_standing").await?;
    let standing = logs_standing(&mut tx).await?;
    tx.commit().await?;
    app.metrics.log_behind.set(standing.refused);
    app.metrics.log_waiting_seconds.set(standing.waiting_seconds);
    Ok(())
}

/// Why some log is not signed; `None` while all are.
///
/// # Errors
/// If the database fails.
pub async fn refusal(app: &App) -> Result<Option<LogRefusal>, store::StoreError> {
    let mut tx = app.store.global_tx("logs_standing").await?;
    let standing = logs_standing(&mut tx).await?;
    tx.commit().await?;
    let reason = standing.reason.as_deref();
    Ok(LogRefusal::ALL
        .into_iter()
        .find(|refusal| Some(refusal.name()) == reason))
}
