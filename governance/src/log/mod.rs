//! The transparency log of a co-op, as pure functions: entries, the tree, proofs, tiles, signed notes and checkpoints.
//!
//! One log per co-op holds every record in the order in which it was acknowledged. The tree is that of RFC 6962 over SHA-256;
//! it is published as files by the rules of [C2SP tlog-tiles](https://c2sp.org/tlog-tiles), and its size and root as a
//! [checkpoint](https://c2sp.org/tlog-checkpoint), a [signed note](https://c2sp.org/signed-note). What is read here comes from
//! strangers: every parser is bounded and refuses any second spelling of the same thing.

pub mod checkpoint;
pub mod cover;
pub mod entry;
pub mod note;
pub mod proof;
pub mod tile;
pub mod tree;

pub use checkpoint::Checkpoint;
pub use cover::{CoverRefusal, verify_cover};
pub use entry::LogEntry;
pub use note::{Note, VerifierKey};
pub use tile::{Tile, TileBuilder, TileFile, TileKind};
pub use tree::{Frontier, Node};
