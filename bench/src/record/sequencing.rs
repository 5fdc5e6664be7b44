//! Entries that wait get their place by the functions that the publisher calls, beside COPY of the same rows.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt as _, TryStreamExt as _};
use governance::hash::keccak256;
use governance::record::{BallotV1, Record as _};
use store::log::{LogHead, log_release, log_sequence, log_take};
use store::{Store, StoreConfig};

use crate::ballots::fixture::World;

/// Longer than any run, in seconds.
const LEASE_SECONDS: i16 = 3_600;
/// What is sent to COPY at once, in bytes.
const CHUNK_BYTES: usize = 64 * 1024;

/// The log of the co-op, held by nobody else.
pub struct Log<'a> {
    world: &'a World,
    store: Store,
    head: LogHead,
    size: i64,
}

/// Lets so many entries wait, acknowledged in one transaction.
pub async fn fill(world: &World, count: u32) -> anyhow::Result<()> {
    let (type_hash, count) = (keccak256(BallotV1::TYPE.as_bytes()), i64::from(count));
    let added = world
        .client()
        .execute(
            "INSERT INTO log_pending (coop_id, type_hash, record_hash, recorded_by)
             SELECT $1, $2, sha256(uuid_send(gen_random_uuid())), 'bench' FROM generate_series(1, $3::bigint)",
            &[&world.coop().uuid(), &&type_hash.as_bytes()[..], &count],
        )
        .await?;
    ensure!(i64::try_from(added) == Ok(count), "{added} entries were added");
    Ok(())
}

impl<'a> Log<'a> {
    /// Takes the log, and makes the peer's table.
    pub async fn take(world: &'a World) -> anyhow::Result<Self> {
        let store = Store::connect(&StoreConfig {
            app_url: world.url("rochdale_app"),
            global_url: world.url("rochdale_global"),
            app_connections: 1,
            global_connections: 1,
            wait: Duration::from_secs(5),
        })?;
        let mut tx = store.coop_tx("log_take", world.coop()).await?;
        let head = log_take(&mut tx, LEASE_SECONDS)
            .await?
            .context("another worker holds the log")?;
        tx.commit().await?;
        world
            .client()
            .batch_execute("CREATE TABLE bench_leaf (LIKE log_leaf INCLUDING ALL)")
            .await?;
        Ok(Self {
            world,
            store,
            size: head.sequenced,
            head,
        })
    }

    /// Entries a second that get their place, so many in each transaction.
    pub async fn sequence(&mut self, count: u32, batch: u32) -> anyhow::Result<f64> {
        fill(self.world, count).await?;
        self.world.client().batch_execute("CHECKPOINT").await?;
        let end = self.size + i64::from(count);
        let started = Instant::now();
        while self.size < end {
            let mut tx = self.store.coop_tx("log_sequence", self.world.coop()).await?;
            let sequenced = log_sequence(&mut tx, self.head.epoch, i64::from(batch)).await?;
            tx.commit().await?;
            let sequenced = sequenced.context("the log was taken")?;
            ensure!(sequenced > self.size, "nothing got its place");
            self.size = sequenced;
        }
        Ok(f64::from(count) / started.elapsed().as_secs_f64())
    }

    /// Rows a second of COPY, of the rows that got their place last.
    pub async fn copy(&self, count: u32) -> anyhow::Result<f64> {
        let client = self.world.client();
        let from = self.size - i64::from(count);
        let rows = client
            .copy_out(&format!(
                "COPY (SELECT * FROM log_leaf WHERE log_index >= {from} ORDER BY log_index) TO STDOUT (FORMAT binary)"
            ))
            .await?;
        let chunks = chunked(rows.try_collect().await?);
        client.batch_execute("CHECKPOINT").await?;
        let started = Instant::now();
        let sink = client.copy_in("COPY bench_leaf FROM STDIN (FORMAT binary)").await?;
        tokio::pin!(sink);
        for chunk in chunks {
            sink.feed(chunk).await?;
        }
        let copied = sink.finish().await?;
        let elapsed = started.elapsed();
        ensure!(copied == u64::from(count), "{copied} rows were copied");
        Ok(f64::from(count) / elapsed.as_secs_f64())
    }

    /// Gives the log back.
    pub async fn give_back(self) -> anyhow::Result<()> {
        let mut tx = self.store.coop_tx("log_give_back", self.world.coop()).await?;
        log_release(&mut tx, self.head.epoch).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// The same bytes in fewer pieces, so that the peer is not held up by its client.
fn chunked(rows: Vec<Bytes>) -> Vec<Bytes> {
    let mut chunks = vec![BytesMut::new()];
    for row in rows {
        if chunks.last().is_some_and(|chunk| chunk.len() >= CHUNK_BYTES) {
            chunks.push(BytesMut::new());
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.extend_from_slice(&row);
        }
    }
    chunks.into_iter().map(BytesMut::freeze).collect()
}
