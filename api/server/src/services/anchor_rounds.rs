//! The worker's rounds of anchoring: sealing what is new in every co-op, then bringing batches on chain.
//!
//! One co-op that fails ends no round: it is logged with its whole cause, and those behind it get what is theirs.

use std::time::Duration;

use governance::id::CoopId;
use store::StoreError;
use store::coop::coop_get;
use store::decision::job::{coops_anchored, records_unanchored};
use tokio::sync::watch;
use tokio::time::Instant;

use super::anchor_watch::Elsewhere;
use super::anchoring::{Anchoring, AnchoringFault, SealReport, WorkReport};
use super::decision_rows::domain;
use super::jobs::{PAUSE_AFTER_FAILURE, POLL, rest};
use crate::app::App;
use crate::chain_link::ChainLink;

/// How often one co-op is sealed in a row: its namespace is opened, then its records.
const SEALS_MAX: usize = 2;

/// Whether the configured chain, contract and account are those that anchor a co-op, and if not, what is different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anchorage {
    Ours,
    OtherChain,
    OtherContract,
    OtherRegistrar,
    /// It is bound to no chain, or is not there.
    None,
}

/// When to seal again: a period after the last sealing began, however long its round took.
#[derive(Debug, Clone, Copy)]
struct Cadence {
    every: Duration,
    next: Instant,
}

impl Cadence {
    const fn new(every: Duration, now: Instant) -> Self {
        Self { every, next: now }
    }

    fn is_due(&self, now: Instant) -> bool {
        now >= self.next
    }

    /// Sealing that began at `began` is done.
    fn done(&mut self, began: Instant) {
        self.next = began + self.every;
    }
}

/// Seals and anchors until told to stop.
pub async fn repeat_anchoring(app: &App, mut stop: watch::Receiver<bool>) {
    let Some(link) = &app.chain else { return };
    let mut cadence = Cadence::new(Duration::from_secs(link.seal_seconds().max(1)), Instant::now());
    while !*stop.borrow() {
        let began = Instant::now();
        let round = async {
            if cadence.is_due(began) {
                seal_all(app).await?;
                cadence.done(began);
            }
            anchor_once(app).await
        };
        let pause = match round.await {
            Ok(_) => POLL,
            Err(error) => {
                tracing::warn!(error.cause = %format_args!("{error:#}"), "a round of anchoring failed");
                PAUSE_AFTER_FAILURE
            }
        };
        rest(&mut stop, pause).await;
    }
}

async fn anchored(app: &App) -> anyhow::Result<Vec<CoopId>> {
    let mut tx = app.store.global_tx("coops_anchored").await?;
    let coops = coops_anchored(&mut tx).await?;
    tx.commit().await?;
    Ok(coops.into_iter().map(|row| CoopId::from_uuid(row.coop_id)).collect())
}

async fn anchorage(app: &App, link: &ChainLink, coop: CoopId) -> anyhow::Result<Anchorage> {
    let mut tx = app.store.coop_tx("coop_place", coop).await?;
    let row = coop_get(&mut tx).await?;
    tx.commit().await?;
    let Some(row) = row else { return Ok(Anchorage::None) };
    let Some(bound) = domain(&row)?.chain else {
        return Ok(Anchorage::None);
    };
    let ours = link.domain();
    Ok(if bound.chain_id != ours.chain_id {
        Anchorage::OtherChain
    } else if bound.contract != ours.contract {
        Anchorage::OtherContract
    } else if row.registrar.as_deref() != Some(&link.registrar()) {
        Anchorage::OtherRegistrar
    } else {
        Anchorage::Ours
    })
}

/// Seals what is new in one co-op; how many batches. A co-op that another chain anchors, or none, has nothing to do with this one.
///
/// # Errors
/// If the database or, at the first use, the node fails.
pub async fn seal(app: &App, coop: CoopId) -> anyhow::Result<usize> {
    let Some(link) = &app.chain else { return Ok(0) };
    if anchorage(app, link, coop).await? != Anchorage::Ours {
        return Ok(0);
    }
    seal_ours(&link.connected(&app.store).await?.anchoring, coop).await
}

async fn seal_ours(anchoring: &Anchoring, coop: CoopId) -> anyhow::Result<usize> {
    for sealed in 0..SEALS_MAX {
        match anchoring.seal(coop).await? {
            SealReport::Sealed => {}
            SealReport::NothingNew | SealReport::NotYet | SealReport::Overtaken => return Ok(sealed),
        }
    }
    Ok(SEALS_MAX)
}

/// What one round of sealing found.
#[derive(Default)]
struct Found {
    sealed: usize,
    unanchored: i64,
    elsewhere: Elsewhere,
    ours: Vec<CoopId>,
}

/// Seals what is new in every co-op; how many batches.
///
/// # Errors
/// If the database or the node is away. What fails for one co-op is logged.
pub async fn seal_all(app: &App) -> anyhow::Result<usize> {
    let Some(link) = &app.chain else { return Ok(0) };
    let coops = anchored(app).await?;
    if coops.is_empty() {
        return Ok(0);
    }
    // Where the node was never reached nothing can be sealed, and what waits is counted all the same.
    let connected = link.connected(&app.store).await;
    let anchoring = connected.as_ref().ok().map(|connected| &connected.anchoring);
    let mut found = Found::default();
    for coop in coops {
        if let Err(error) = seal_one(app, link, anchoring, coop, &mut found).await {
            if is_of_all(&error) {
                return Err(error);
            }
            tracing::error!(coop.id = %coop, error.cause = %format_args!("{error:#}"), "a co-op could not be sealed");
        }
    }
    app.metrics.records_unanchored.set(found.unanchored);
    app.metrics.coops_not_anchored_here.set(found.elsewhere.count());
    link.watch().elsewhere(found.elsewhere);
    let looked = connected?.anchoring.look_at_finals(&found.ours).await;
    app.metrics.anchors_halted.set(link.watch().halted_count());
    looked?;
    Ok(found.sealed)
}

async fn seal_one(
    app: &App,
    link: &ChainLink,
    anchoring: Option<&Anchoring>,
    coop: CoopId,
    found: &mut Found,
) -> anyhow::Result<()> {
    let mut tx = app.store.coop_tx("records_unanchored", coop).await?;
    let unanchored = records_unanchored(&mut tx).await?;
    tx.commit().await?;
    found.unanchored = found.unanchored.saturating_add(unanchored);
    let elsewhere = match anchorage(app, link, coop).await? {
        Anchorage::Ours => {
            if let Some(anchoring) = anchoring {
                found.ours.push(coop);
                found.sealed = found.sealed.saturating_add(seal_ours(anchoring, coop).await?);
                anchoring.survey(coop).await?;
            }
            return Ok(());
        }
        Anchorage::OtherChain => &mut found.elsewhere.other_chain,
        Anchorage::OtherContract => &mut found.elsewhere.other_contract,
        Anchorage::OtherRegistrar => &mut found.elsewhere.other_registrar,
        Anchorage::None => return Ok(()),
    };
    *elsewhere = elsewhere.saturating_add(1);
    Ok(())
}

/// Whether an error is not that of one co-op: all behind it would meet it too.
fn is_of_all(error: &anyhow::Error) -> bool {
    let store = error.downcast_ref::<StoreError>();
    let fault = error.downcast_ref::<AnchoringFault>();
    matches!(store, Some(StoreError::Unavailable(_) | StoreError::CommitUnknown(_)))
        || fault.is_some_and(AnchoringFault::is_of_all)
}

/// Brings batches on chain; 1 where one is on its way.
///
/// # Errors
/// If the database or the node is away.
pub async fn anchor_once(app: &App) -> anyhow::Result<usize> {
    let Some(link) = &app.chain else { return Ok(0) };
    if !link.watch().has_open() {
        return Ok(0);
    }
    let worked = link.connected(&app.store).await?.anchoring.work().await;
    app.metrics.anchors_halted.set(link.watch().halted_count());
    Ok(match worked? {
        WorkReport::Busy | WorkReport::Waiting => 1,
        WorkReport::Idle | WorkReport::NotOurs => 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_that_ends_after_the_next_sealing_is_due_skips_none() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut cadence = Cadence::new(Duration::from_secs(60), start);
        assert!(cadence.is_due(start));
        cadence.done(start);
        // This round began before the next sealing was due and ended long after: it sealed nothing, so it moves nothing.
        assert!(!cadence.is_due(at(59)));
        assert!(cadence.is_due(at(90)));
        cadence.done(at(90));
        assert_eq!([149, 150].map(|seconds| cadence.is_due(at(seconds))), [false, true]);
    }
}
