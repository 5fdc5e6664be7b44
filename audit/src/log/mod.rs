//! The co-op's log, watched by somebody who does not trust its server.
//!
//! [`watch`] reads a published log, checks that it still begins with what was remembered, and recomputes every tile and the root
//! from the entries since. [`fork_proof`] shows that two signed checkpoints cannot both be true. [`check_receipt`] checks the proof
//! that the log holds one record.

mod fork;
mod member_receipt;
mod print;
mod receipt;
mod source;
mod state;
mod watch;
mod web;

pub use fork::{ForkReport, ForkVerdict, fork_proof};
pub use member_receipt::{
    ReceiptCheck, ReceiptFileReport, ReceiptStanding, check_receipt_file, is_receipt_file, print_receipt_file,
};
pub use print::{print_fork, print_receipt, print_watch};
pub use receipt::{RECEIPT_BYTES_MAX, ReceiptReport, ReceiptVerdict, check_receipt};
pub use source::{LogSource, SourceRefusal};
pub use state::StateFault;
pub use watch::{WatchReport, WatchRequest, watch, watch_telling};

use governance::hash::Hash32;
use governance::log::proof::TreeHead;
use governance::log::tile::TileFault;
use serde::Serialize;

use self::source::ReadFault;
pub(crate) use self::watch::{CHECKPOINT, read_all};
pub(crate) use self::{fork::root_within, source::Tiles};
use crate::report::FindingKind;

/// The exit status where nothing is wrong.
const HOLDS: u8 = 0;
/// The exit status where two things contradict each other.
const CONTRADICTION: u8 = 1;
/// The exit status where evidence is missing.
const LACKING: u8 = 2;

/// Size and root of a log, as a report shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The number of entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash32,
}

impl From<TreeHead> for Head {
    fn from(head: TreeHead) -> Self {
        Self {
            size: head.size,
            root: head.root,
        }
    }
}

/// One thing that is wrong with a log, or missing from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogFinding {
    /// Contradiction or missing.
    pub kind: FindingKind,
    /// The file in which it lies.
    pub file: String,
    /// What is wrong.
    pub text: String,
}

impl LogFinding {
    fn contradiction(file: impl ToString, text: impl ToString) -> Self {
        Self {
            kind: FindingKind::Contradiction,
            file: file.to_string(),
            text: text.to_string(),
        }
    }

    fn missing(file: impl ToString, text: impl ToString) -> Self {
        Self {
            kind: FindingKind::Missing,
            file: file.to_string(),
            text: text.to_string(),
        }
    }

    const fn status(&self) -> u8 {
        match self.kind {
            FindingKind::Contradiction => CONTRADICTION,
            FindingKind::Missing => LACKING,
        }
    }
}

impl From<TileFault<ReadFault>> for LogFinding {
    fn from(fault: TileFault<ReadFault>) -> Self {
        match fault {
            TileFault::Unreadable { tile, error } => Self::missing(tile, error),
            TileFault::Malformed(tile) => Self::contradiction(tile, "the tile does not hold what its path says"),
            // Only subtrees of the checkpoint's own tree are asked for.
            TileFault::Beyond(node) => Self::missing("tile", format!("the tree has no {node:?}")),
        }
    }
}
