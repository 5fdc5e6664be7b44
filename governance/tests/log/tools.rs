//! What the tests of the log share: trees in memory and files of tiles.

use std::collections::BTreeMap;
use std::convert::Infallible;

use governance::hash::{Hash32, keccak256};
use governance::log::proof::{HashReader, TreeHead};
use governance::log::tile::TileReader;
use governance::log::tree::{Frontier, leaf_hash, node_hash};
use governance::log::{LogEntry, Node, Tile, TileBuilder};

/// Entry number `number` of the log of every test.
pub fn entry(number: u64) -> LogEntry {
    LogEntry {
        type_hash: keccak256(b"TestV1()"),
        record_hash: keccak256(&number.to_be_bytes()),
    }
}

/// The leaves of a tree in memory, from which every hash is computed by the definition.
pub struct Leaves(pub Vec<Hash32>);

impl Leaves {
    pub fn new(count: u64) -> Self {
        Self((0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect())
    }

    pub fn head(&self, size: u64) -> TreeHead {
        let mut frontier = Frontier::new();
        self.0
            .iter()
            .take(usize::try_from(size).unwrap())
            .for_each(|leaf| frontier.push(*leaf));
        assert_eq!(frontier.size(), size);
        TreeHead {
            size,
            root: frontier.root(),
        }
    }
}

impl HashReader for Leaves {
    type Error = Infallible;

    fn read(&mut self, node: Node) -> Result<Hash32, Infallible> {
        if node.level == 0 {
            return Ok(self.0[usize::try_from(node.index).unwrap()]);
        }
        let child = |index| Node {
            level: node.level - 1,
            index,
        };
        let (left, right) = (self.read(child(node.index * 2))?, self.read(child(node.index * 2 + 1))?);
        Ok(node_hash(left, right))
    }
}

/// A folder of tiles in memory. A file that is not there is an error that names it.
#[derive(Default, Clone, PartialEq, Eq, Debug)]
pub struct Folder(pub BTreeMap<String, Vec<u8>>);

impl Folder {
    /// Writes what the builder made; a file that exists already must have the same bytes.
    pub fn write(&mut self, builder: &mut TileBuilder) -> Vec<Tile> {
        let mut written = Vec::new();
        for file in builder.take_files() {
            let old = self.0.insert(file.tile.to_string(), file.bytes.clone());
            assert!(old.is_none_or(|old| old == file.bytes), "{} has changed", file.tile);
            written.push(file.tile);
        }
        written
    }
}

impl TileReader for &Folder {
    type Error = String;

    fn read_tile(&mut self, tile: Tile) -> Result<Vec<u8>, String> {
        let path = tile.to_string();
        self.0.get(&path).cloned().ok_or(path)
    }
}

/// The hash with one bit turned over.
pub fn flip(hash: Hash32, bit: usize) -> Hash32 {
    let mut bytes = *hash.as_bytes();
    bytes[bit / 8 % 32] ^= 1 << (bit % 8);
    Hash32::from_bytes(bytes)
}
