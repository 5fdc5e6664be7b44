//! The lot: a secret drawn and committed to when voting opened, mixed with the hash of a block that nobody knew before it closed.

use std::time::Duration;

use chain::{Block, BlockTag, Chain, ChainFault};
use chrono::{DateTime, Utc};
use governance::hash::Hash32;
use governance::record::ChainDomain;
use store::decision::tally::LotRow;

use crate::app::App;
use crate::services::decision_rows::timestamp;
use crate::services::results::lot_of;

/// How long after the close the block must have been made, in seconds.
const BEACON_SECONDS: u64 = 60;
/// How often to look for it.
const LOOK: Duration = Duration::from_secs(5);

/// Why the lot could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum LotFault {
    /// The node failed.
    #[error("the chain did not answer")]
    Chain(#[from] ChainFault),
    /// The co-op is anchored and this program is not configured for its chain, or does not reach it.
    #[error("the chain that anchors the co-op is not at hand: {0}")]
    NoChain(String),
}

/// A lot, with the block it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawnLot {
    /// The lot.
    pub lot: Hash32,
    /// The block; `None` without a chain, where zero stands for its hash.
    pub beacon: Option<Block>,
}

/// Whether the lot could be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// It was.
    Lot(DrawnLot),
    /// The block is not there yet, or could still be replaced; look again after this long.
    Waits(Duration),
}

impl DrawnLot {
    /// As it is stored.
    #[must_use]
    pub fn row(&self) -> LotRow {
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        LotRow {
            lot: self.lot.as_bytes().to_vec(),
            beacon_block_number: self.beacon.map(|block| signed(block.reference.number)),
            beacon_block_hash: self.beacon.map(|block| block.reference.hash.as_bytes().to_vec()),
            beacon_timestamp: self.beacon.map(|block| signed(block.timestamp)),
        }
    }
}

/// Draws the lot of a proposal that closed at this moment.
///
/// # Errors
/// If the chain is needed and fails.
pub async fn draw(
    app: &App,
    anchored_on: Option<ChainDomain>,
    secret: Hash32,
    closed_at: DateTime<Utc>,
) -> Result<Drawn, LotFault> {
    let Some(place) = anchored_on else {
        return Ok(Drawn::Lot(DrawnLot {
            lot: lot_of(secret, Hash32::ZERO),
            beacon: None,
        }));
    };
    let link = app.chain.as_ref().filter(|link| link.domain() == place);
    let link = link.ok_or_else(|| LotFault::NoChain(String::from("it is not the configured one")))?;
    let connected = link
        .connected(&app.store)
        .await
        .map_err(|error| LotFault::NoChain(format!("{error:#}")))?;
    let not_before = timestamp(closed_at).plus_seconds(BEACON_SECONDS).0;
    Ok(match beacon(connected.chain.as_ref(), not_before).await? {
        Some(block) => Drawn::Lot(DrawnLot {
            lot: lot_of(secret, block.reference.hash),
            beacon: Some(block),
        }),
        None => Drawn::Waits(LOOK),
    })
}

/// The first finalized block that was made at `not_before` or later, in seconds since 1970; `None` while there is none.
///
/// # Errors
/// If the chain fails.
pub async fn beacon(chain: &dyn Chain, not_before: u64) -> Result<Option<Block>, ChainFault> {
    let Some(mut first) = chain
        .block(BlockTag::Finalized)
        .await?
        .filter(|block| block.timestamp >= not_before)
    else {
        return Ok(None);
    };
    // Blocks below `early` are too early, `first` is late enough: halve what lies between.
    let mut early = 0;
    while early < first.reference.number {
        let middle = early.midpoint(first.reference.number);
        match chain.block(BlockTag::Number(middle)).await? {
            Some(block) if block.timestamp >= not_before => first = block,
            // A node forgets its oldest blocks first, so one it does not know is too early as well.
            Some(_) | None => early = middle.saturating_add(1),
        }
    }
    Ok(Some(first))
}

#[cfg(test)]
mod tests {
    use chain::{MemoryChain, MemorySettings};

    use super::*;

    #[tokio::test]
    async fn the_beacon_is_the_first_final_block_that_is_late_enough() {
        let settings = MemorySettings::default();
        let chain = MemoryChain::new(settings);
        for _ in 0..40 {
            chain.mine();
        }
        let first = chain.block(BlockTag::Number(0)).await.unwrap().unwrap().timestamp;
        let last = chain.block(BlockTag::Finalized).await.unwrap().unwrap();
        let at = |number: u64| first + number * settings.block_seconds;
        for (not_before, expected) in [
            (0, Some(0)),
            (at(0), Some(0)),
            (at(0) + 1, Some(1)),
            (at(7) - 1, Some(7)),
            (at(7), Some(7)),
            (at(7) + 1, Some(8)),
            (last.timestamp, Some(last.reference.number)),
            (last.timestamp + 1, None),
            (at(40), None),
        ] {
            let found = beacon(&chain, not_before).await.unwrap();
            assert_eq!(found.map(|block| block.reference.number), expected, "{not_before}");
        }
    }
}
