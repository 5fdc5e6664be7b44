//! What is sent out because of what happened: reminders of votes, messages to webhooks. It waits in a queue of its own and is done apart from the jobs that
//! decide something, so that nothing outside holds those up.

use std::time::Duration;

use futures_util::future::join_all;
use governance::event::Event;
use governance::id::{CoopId, ProposalId};
use store::decision::reminder::reminders_schedule;
use store::errand::{ClaimedErrand, ErrandEnd, ErrandKind, errand_claim, errand_end};
use store::{CoopTx, StoreError};

use crate::app::App;
use crate::causes;
use crate::services::{reminders, webhooks};

/// How many errands one round does, all at once.
const BATCH: u16 = 8;
/// How long a claimed errand belongs to its worker; well above what any one may take.
const LEASE: Duration = Duration::from_secs(120);
/// How long to leave an errand alone whose own database work failed.
const PAUSE: Duration = Duration::from_secs(30);
/// How often an errand may fail by itself before it is given up; with the pause above that is more than a day.
const ATTEMPTS_MAX: i32 = 4_000;

/// Asks for what follows outside from what happened, in the same transaction.
///
/// # Errors
/// If the database fails.
pub async fn ask(tx: &mut CoopTx, events: &[Event<'_>]) -> Result<(), StoreError> {
    for event in events {
        if let Event::ProposalOpened { proposal, .. } = event {
            reminders_schedule(tx, *proposal).await?;
        }
        webhooks::tell(tx, event).await?;
    }
    Ok(())
}

/// Does errands that are due, a bounded number; how many. A worker calls it again until it is 0.
///
/// # Errors
/// If the database fails. An errand that fails is no error here: it is tried again later.
pub async fn errands_once(app: &App) -> Result<usize, StoreError> {
    let mut tx = app.store.global_tx("errand_claim").await?;
    let claimed = errand_claim(&mut tx, BATCH, LEASE).await?;
    tx.commit().await?;
    for result in join_all(claimed.iter().map(|errand| work(app, errand))).await {
        result?;
    }
    Ok(claimed.len())
}

async fn work(app: &App, errand: &ClaimedErrand) -> Result<(), StoreError> {
    let end = match attempt(app, errand).await {
        Ok(end) => end,
        Err(error) => {
            tracing::warn!(errand.id = %errand.id, errand.kind, errand.attempts, error.cause = %causes::chain(&error), "an errand failed");
            if errand.attempts >= ATTEMPTS_MAX {
                ErrandEnd::Done
            } else {
                ErrandEnd::Retry(PAUSE, causes::chain(&error).to_string())
            }
        }
    };
    let result = match &end {
        ErrandEnd::Done => "done",
        ErrandEnd::Wait(_) => "waits",
        ErrandEnd::Retry(..) => "failed",
    };
    app.metrics
        .jobs
        .with_label_values(&[errand.kind.as_str(), result])
        .inc();
    let mut tx = app.store.global_tx("errand_end").await?;
    if !errand_end(&mut tx, errand, &end).await? {
        tracing::warn!(errand.id = %errand.id, "another worker took the errand over meanwhile");
    }
    tx.commit().await
}

async fn attempt(app: &App, errand: &ClaimedErrand) -> Result<ErrandEnd, StoreError> {
    let (coop, subject) = (CoopId::from_uuid(errand.coop_id), errand.subject_id);
    match ErrandKind::from_name(&errand.kind) {
        Some(ErrandKind::RemindOpening) => {
            reminders::round(app, coop, ProposalId::from_uuid(subject), reminders::Round::Opening).await
        }
        Some(ErrandKind::RemindClosing) => {
            reminders::round(app, coop, ProposalId::from_uuid(subject), reminders::Round::Closing).await
        }
        Some(ErrandKind::Webhook) => webhooks::sending::deliver(app, coop, subject).await,
        // A newer version of the program asked for it.
        None => Ok(ErrandEnd::Wait(PAUSE)),
    }
}
