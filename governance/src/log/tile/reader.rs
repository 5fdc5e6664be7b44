//! Hashes of the tree out of tiles.

use std::collections::BTreeMap;

use super::{TILE_HEIGHT, Tile};
use crate::hash::Hash32;
use crate::log::proof::HashReader;
use crate::log::tree::{self, Node};

/// How many tiles of hashes are kept in memory, of 8 KiB each; more than any one proof needs.
const TILES_KEPT_MAX: usize = 64;

/// Gives the bytes of tiles: a folder, a web server, or memory.
pub trait TileReader {
    /// Why a tile cannot be read.
    type Error;

    /// The bytes of a tile. Where a partial tile was dropped for the full one, the reader gives the beginning of that.
    ///
    /// # Errors
    /// When the tile cannot be had.
    fn read_tile(&mut self, tile: Tile) -> Result<Vec<u8>, Self::Error>;
}

/// Why a hash or an entry cannot be read from tiles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileFault<E> {
    /// The subtree is not complete in a tree of this size.
    #[error("the tree is too small for {0:?}")]
    Beyond(Node),
    /// A tile does not hold what it must: hashes or entries too few or too many, or entries that hash to something else.
    #[error("the tile {0} is malformed")]
    Malformed(Tile),
    /// The tile cannot be had.
    #[error("the tile {tile} cannot be read")]
    Unreadable {
        /// The tile asked for.
        tile: Tile,
        /// What its reader said.
        error: E,
    },
}

/// The hashes of a tree of one size, read from its tiles. They are what the tiles say: only a root that they lead to proves them.
#[derive(Debug)]
pub struct TileHashes<R> {
    reader: R,
    size: u64,
    kept: BTreeMap<Tile, Vec<Hash32>>,
}

impl<R: TileReader> TileHashes<R> {
    /// Reads the tiles of a tree of this size.
    pub const fn new(reader: R, size: u64) -> Self {
        Self {
            reader,
            size,
            kept: BTreeMap::new(),
        }
    }

    /// The tile holding the lowest hashes from which a subtree's hash follows, and where in it they are.
    fn place(&self, node: Node) -> Option<(Tile, std::ops::Range<usize>)> {
        let tile = Tile::under(node, self.size)?;
        let height = node.level % TILE_HEIGHT;
        let first = node.index.checked_mul(1 << height)?;
        let start = usize::try_from(first.checked_sub(tile.first_item())?).ok()?;
        Some((tile, start..start.checked_add(1 << height)?))
    }

    fn tile(&mut self, tile: Tile) -> Result<&[Hash32], TileFault<R::Error>> {
        if !self.kept.contains_key(&tile) {
            let hashes = read_hashes(&mut self.reader, tile)?;
            if self.kept.len() >= TILES_KEPT_MAX {
                self.kept.clear();
            }
            self.kept.insert(tile, hashes);
        }
        self.kept
            .get(&tile)
            .map(Vec::as_slice)
            .ok_or(TileFault::Malformed(tile))
    }
}

impl<R: TileReader> HashReader for TileHashes<R> {
    type Error = TileFault<R::Error>;

    fn read(&mut self, node: Node) -> Result<Hash32, Self::Error> {
        let (tile, range) = self.place(node).ok_or(TileFault::Beyond(node))?;
        let hashes = self.tile(tile)?.get(range);
        hashes.and_then(subtree).ok_or(TileFault::Malformed(tile))
    }
}

/// Reads the hashes of a tile.
pub(super) fn read_hashes<R: TileReader>(reader: &mut R, tile: Tile) -> Result<Vec<Hash32>, TileFault<R::Error>> {
    let bytes = reader
        .read_tile(tile)
        .map_err(|error| TileFault::Unreadable { tile, error })?;
    let (chunks, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || chunks.len() != usize::from(tile.width()) {
        return Err(TileFault::Malformed(tile));
    }
    Ok(chunks.iter().copied().map(Hash32::from_bytes).collect())
}

/// The root over hashes of subtrees of one size, whose number is a power of two; `None` for none.
pub(super) fn subtree(hashes: &[Hash32]) -> Option<Hash32> {
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        let pairs = level.as_chunks::<2>().0.iter();
        level = pairs.map(|[left, right]| tree::node_hash(*left, *right)).collect();
    }
    level.first().copied()
}
