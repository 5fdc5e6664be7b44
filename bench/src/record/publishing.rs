//! Entries that wait, until the worker of a real server has published a checkpoint over the last of them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::ensure;

use super::sequencing::fill;
use crate::ballots::fixture::World;

/// How often to look how far the worker is.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long the worker may take for one round.
const WAIT_MAX: Duration = Duration::from_secs(300);

/// Waits until everything that has a place is published.
pub async fn catch_up(world: &World) -> anyhow::Result<()> {
    let started = Instant::now();
    loop {
        let (sequenced, published) = sizes(world).await?;
        if sequenced == published {
            return Ok(());
        }
        ensure!(
            started.elapsed() < WAIT_MAX,
            "{published} of {sequenced} were published"
        );
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Entries a second, from their commit to the published checkpoint that covers the last, and how many checkpoints that took.
pub async fn publish(world: &World, count: u32) -> anyhow::Result<(f64, usize)> {
    world.client().batch_execute("CHECKPOINT").await?;
    let (_, before) = sizes(world).await?;
    let end = before + i64::from(count);
    fill(world, count).await?;
    let (started, mut checkpoints) = (Instant::now(), BTreeSet::new());
    loop {
        let (_, published) = sizes(world).await?;
        if published > before {
            checkpoints.insert(published);
        }
        if published >= end {
            return Ok((f64::from(count) / started.elapsed().as_secs_f64(), checkpoints.len()));
        }
        ensure!(started.elapsed() < WAIT_MAX, "{published} of {end} were published");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// How many leaves have a place, and how many the published checkpoint covers.
async fn sizes(world: &World) -> anyhow::Result<(i64, i64)> {
    let row = world
        .client()
        .query_one(
            "SELECT sequenced, published_size FROM log_head WHERE coop_id = $1",
            &[&world.coop().uuid()],
        )
        .await?;
    Ok((row.get(0), row.get(1)))
}
