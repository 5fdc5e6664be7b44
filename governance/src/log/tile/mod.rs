//! Tiles: the log as immutable files, each 256 hashes or entries wide, by [C2SP tlog-tiles](https://c2sp.org/tlog-tiles).

mod builder;
mod bundle;
mod path;
mod reader;

pub use builder::{TileBuilder, TileFile};
pub use bundle::{BundleRefusal, ENTRY_BUNDLE_BYTES_MAX, bundle_bytes, bundle_parse};
pub use path::TilePathError;
pub use reader::{TileFault, TileHashes, TileReader};

use super::tree::{Node, TREE_SIZE_MAX};

/// The hashes or entries in a full tile.
pub const TILE_WIDTH: u16 = 256;

/// The levels of the tree in one level of tiles; `TILE_WIDTH` is two to this power.
pub(crate) const TILE_HEIGHT: u8 = 8;

/// The highest level of tiles that a tree of [`TREE_SIZE_MAX`] leaves has.
pub const TILE_LEVEL_MAX: u8 = 7;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes of complete subtrees of `256^level` leaves each.
    Hashes {
        /// The level of the tile, at most [`TILE_LEVEL_MAX`].
        level: u8,
    },
    /// The entries themselves.
    Entries,
}

impl TileKind {
    /// The level of tiles; entries stand beside the hashes of leaves.
    const fn level(self) -> u8 {
        match self {
            Self::Hashes { level } => level,
            Self::Entries => 0,
        }
    }

    /// The number of leaves under one item of the tile, as a power of two; `None` above [`TILE_LEVEL_MAX`].
    fn height(self) -> Option<u32> {
        let level = Some(self.level()).filter(|level| *level <= TILE_LEVEL_MAX)?;
        level.checked_mul(TILE_HEIGHT).map(u32::from)
    }

    /// How many items of this kind a tree of this size has.
    fn count(self, size: u64) -> Option<u64> {
        Some(size >> self.height()?)
    }
}

/// One tile: 256 items, or fewer at the right edge of a tree of some size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    kind: TileKind,
    index: u64,
    width: u16,
}

impl Tile {
    /// A tile of this kind, with this number within its level and this many items; `None` for no items, more than
    /// [`TILE_WIDTH`], or a tile that no tree up to [`TREE_SIZE_MAX`] has.
    #[must_use]
    pub fn new(kind: TileKind, index: u64, width: u16) -> Option<Self> {
        let items = index.checked_mul(TILE_WIDTH.into())?.checked_add(width.into())?;
        let is_in_bounds = items <= TREE_SIZE_MAX >> kind.height()?;
        (is_in_bounds && (1..=TILE_WIDTH).contains(&width)).then_some(Self { kind, index, width })
    }

    /// The tile with this number as it is in a tree of this size, full or partial; `None` if such a tree has none.
    #[must_use]
    pub fn in_tree(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let items = kind.count(size)?;
        let width = items.checked_sub(index.checked_mul(TILE_WIDTH.into())?)?;
        Self::new(kind, index, u16::try_from(width.min(TILE_WIDTH.into())).ok()?)
    }

    /// The tile of a tree of this size that holds the lowest hashes from which a subtree's hash follows; `None` if the tree lacks the subtree.
    #[must_use]
    pub fn under(node: Node, size: u64) -> Option<Self> {
        node.end().filter(|end| *end <= size)?;
        let (level, height) = (node.level / TILE_HEIGHT, node.level % TILE_HEIGHT);
        let first = node.index.checked_mul(1 << height)?;
        Self::in_tree(TileKind::Hashes { level }, first >> TILE_HEIGHT, size)
    }

    /// What the tile holds.
    #[must_use]
    pub const fn kind(&self) -> TileKind {
        self.kind
    }

    /// The number of the tile within its level.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// How many items the tile holds, from 1 to [`TILE_WIDTH`].
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Whether the tile is full and will never grow.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The full tile at this place: a log may drop partial tiles once it exists. `None` if no tree has it.
    #[must_use]
    pub fn full(&self) -> Option<Self> {
        Self::new(self.kind, self.index, TILE_WIDTH)
    }

    /// The number of the first item, counted over all tiles of the level: for entries and the lowest hashes that of a leaf.
    #[must_use]
    pub fn first_item(&self) -> u64 {
        self.index.saturating_mul(TILE_WIDTH.into())
    }

    /// The subtrees whose hashes the tile holds; for entries those of their leaves.
    pub fn nodes(&self) -> impl Iterator<Item = Node> + use<> {
        let level = self.kind.level().saturating_mul(TILE_HEIGHT);
        let first = self.first_item();
        (first..first.saturating_add(self.width.into())).map(move |index| Node { level, index })
    }
}

/// The tiles that a tree of size `to` has and a tree of size `from` has not, entries before hashes and lower levels before
/// higher: what is to be written when a log grows. Nothing if it shrinks or is larger than [`TREE_SIZE_MAX`].
pub fn growth(from: u64, to: u64) -> impl Iterator<Item = Tile> {
    let levels = (0..=TILE_LEVEL_MAX).map(|level| TileKind::Hashes { level });
    let kinds = std::iter::once(TileKind::Entries).chain(levels);
    kinds.flat_map(move |kind| {
        let count = |size| kind.count(size).filter(|_| to <= TREE_SIZE_MAX).unwrap_or(0);
        let (old, new) = (count(from), count(to));
        let tiles = if old < new {
            old / u64::from(TILE_WIDTH)..new.div_ceil(TILE_WIDTH.into())
        } else {
            0..0
        };
        tiles.filter_map(move |index| Tile::in_tree(kind, index, to))
    })
}
