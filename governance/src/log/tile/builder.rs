//! Growing a log: entries in, the files of their tiles out.

use super::reader::{read_hashes, subtree};
use super::{TILE_LEVEL_MAX, TILE_WIDTH, Tile, TileFault, TileKind, TileReader, bundle_bytes, bundle_parse};
use crate::hash::Hash32;
use crate::log::LogEntry;
use crate::log::tree::{Frontier, Node, TREE_SIZE_MAX};

/// A tile and its bytes. The bytes of a tile never change, so that it may be written again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileFile {
    /// Which tile; it prints as its path.
    pub tile: Tile,
    /// What the file holds.
    pub bytes: Vec<u8>,
}

/// The tiles at the right edge of a log, to which entries are appended. It holds at most 256 items a level, beside the files
/// not yet taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileBuilder {
    size: u64,
    entries: Vec<LogEntry>,
    /// The hashes of the last tile of each level that is not full.
    levels: Vec<Vec<Hash32>>,
    full: Vec<TileFile>,
    /// The size up to which files were taken.
    taken: u64,
}

impl TileBuilder {
    /// An empty log.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            size: 0,
            entries: Vec::new(),
            levels: Vec::new(),
            full: Vec::new(),
            taken: 0,
        }
    }

    /// Goes on from a log of this size, whose partial tiles are read. The caller compares [`Self::root`] with what is known.
    ///
    /// # Errors
    /// [`TileFault`] if a tile is missing or malformed, or the entries do not hash to their leaves.
    pub fn resume<R: TileReader>(size: u64, reader: &mut R) -> Result<Self, TileFault<R::Error>> {
        if size > TREE_SIZE_MAX {
            return Err(TileFault::Beyond(Node { level: 0, index: size }));
        }
        let mut builder = Self::new();
        builder.size = size;
        builder.taken = size;
        for level in 0..=TILE_LEVEL_MAX {
            let kind = TileKind::Hashes { level };
            if kind.count(size).is_none_or(|count| count == 0) {
                break;
            }
            let hashes = last_partial(kind, size).map(|tile| read_hashes(reader, tile));
            builder.levels.push(hashes.transpose()?.unwrap_or_default());
        }
        if let Some(tile) = last_partial(TileKind::Entries, size) {
            builder.entries = read_entries(reader, tile)?;
            let leaves = builder.entries.iter().map(LogEntry::leaf_hash);
            if !builder
                .levels
                .first()
                .is_some_and(|level| leaves.eq(level.iter().copied()))
            {
                return Err(TileFault::Malformed(tile));
            }
        }
        Ok(builder)
    }

    /// Appends an entry.
    pub fn push(&mut self, entry: LogEntry) {
        self.entries.push(entry);
        if self.entries.len() >= usize::from(TILE_WIDTH) {
            self.full.extend(self.entries_file(self.size >> 8));
            self.entries.clear();
        }
        let mut carried = Some(entry.leaf_hash());
        for level in 0..=TILE_LEVEL_MAX {
            let Some(hash) = carried else { break };
            carried = self.push_hash(level, hash);
        }
        self.size = self.size.saturating_add(1);
    }

    /// Appends a hash to a level of tiles; gives the hash of the tile if it is now full.
    fn push_hash(&mut self, level: u8, hash: Hash32) -> Option<Hash32> {
        let place = usize::from(level);
        if self.levels.len() <= place {
            self.levels.push(Vec::new());
        }
        let hashes = self.levels.get_mut(place)?;
        hashes.push(hash);
        if hashes.len() < usize::from(TILE_WIDTH) {
            return None;
        }
        let hashes = std::mem::take(hashes);
        let kind = TileKind::Hashes { level };
        let tile = Tile::new(kind, kind.count(self.size)? >> 8, TILE_WIDTH);
        self.full.extend(tile.map(|tile| hashes_file(tile, &hashes)));
        subtree(&hashes)
    }

    /// How many entries the log has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The right edge of the log's tree.
    #[must_use]
    pub fn frontier(&self) -> Frontier {
        // Hashes of a higher level stand left of all that lies below them.
        let peaks = self.levels.iter().rev().flat_map(|hashes| peaks(hashes)).collect();
        Frontier::from_hashes(self.size, peaks).unwrap_or_default()
    }

    /// The root of the log's tree.
    #[must_use]
    pub fn root(&self) -> Hash32 {
        self.frontier().root()
    }

    /// The files of tiles that became full since files were last taken. Who appends much takes them now and then, so that
    /// they do not gather in memory; the partial ones are left to [`Self::take_files`], for a size that is published.
    #[must_use]
    pub fn take_full_files(&mut self) -> Vec<TileFile> {
        std::mem::take(&mut self.full)
    }

    /// The files that came to be since they were last taken: those of full tiles and the partial ones of the present size.
    #[must_use]
    pub fn take_files(&mut self) -> Vec<TileFile> {
        let mut files = self.take_full_files();
        if self.taken == self.size {
            return files;
        }
        files.extend(self.entries_file(self.size >> 8));
        for (level, hashes) in (0..=TILE_LEVEL_MAX).zip(&self.levels) {
            let kind = TileKind::Hashes { level };
            if kind.count(self.taken) < kind.count(self.size)
                && let Some(tile) = last_partial(kind, self.size)
            {
                files.push(hashes_file(tile, hashes));
            }
        }
        self.taken = self.size;
        files
    }

    /// The last bundle of entries as a file; `None` if there are no entries in it.
    fn entries_file(&self, index: u64) -> Option<TileFile> {
        let width = u16::try_from(self.entries.len()).ok()?;
        let entries: Vec<_> = self.entries.iter().map(LogEntry::to_bytes).collect();
        Some(TileFile {
            tile: Tile::new(TileKind::Entries, index, width)?,
            bytes: bundle_bytes(entries.iter().map(<[u8; 65]>::as_slice))?,
        })
    }
}

impl Default for TileBuilder {
    fn default() -> Self {
        Self::new()
    }
}

fn hashes_file(tile: Tile, hashes: &[Hash32]) -> TileFile {
    TileFile {
        tile,
        bytes: hashes.iter().flat_map(Hash32::as_bytes).copied().collect(),
    }
}

/// The last tile of a kind in a tree of this size, if it is not full.
fn last_partial(kind: TileKind, size: u64) -> Option<Tile> {
    let tile = Tile::in_tree(kind, kind.count(size)? / u64::from(TILE_WIDTH), size)?;
    (!tile.is_full()).then_some(tile)
}

fn read_entries<R: TileReader>(reader: &mut R, tile: Tile) -> Result<Vec<LogEntry>, TileFault<R::Error>> {
    let bytes = reader
        .read_tile(tile)
        .map_err(|error| TileFault::Unreadable { tile, error })?;
    let entries = bundle_parse(&bytes, tile.width()).map_err(|_| TileFault::Malformed(tile))?;
    let entries = entries.into_iter().map(LogEntry::parse);
    entries.collect::<Option<_>>().ok_or(TileFault::Malformed(tile))
}

/// The largest complete subtrees over the hashes of a partial tile, largest first.
fn peaks(mut hashes: &[Hash32]) -> Vec<Hash32> {
    let mut peaks = Vec::new();
    while let Some(power) = hashes.len().checked_ilog2() {
        let Some((left, rest)) = hashes.split_at_checked(1 << power) else {
            break;
        };
        peaks.extend(subtree(left));
        hashes = rest;
    }
    peaks
}
