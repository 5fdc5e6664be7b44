//! Checkpoints: origin, size and root of a log, by [C2SP tlog-checkpoint](https://c2sp.org/tlog-checkpoint).
//!
//! Differs: extension lines are refused, since nobody who watches a log could check what they say; and the key that signs must
//! bear the name of the origin, so that one co-op's checkpoint cannot stand for another's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;

use super::note::{Note, NoteRefusal, VerifierKey, VerifierKeyError, key_name_is_valid};
use super::proof::TreeHead;
use super::tree::{TREE_SIZE_MAX, empty_root};
use crate::hash::Hash32;

/// Why a checkpoint is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointRefusal {
    /// The note around it is refused.
    #[error(transparent)]
    Note(#[from] NoteRefusal),
    /// There are fewer than three lines, or the last does not end.
    #[error("a checkpoint is three lines: origin, size and root")]
    Lines,
    /// There are more than three lines.
    #[error("the checkpoint has extension lines, which nobody can check")]
    Extension,
    /// The origin cannot be the name of a key.
    #[error("the origin of the checkpoint is malformed")]
    Origin,
    /// The size is not a decimal number without leading zeros, or is above [`TREE_SIZE_MAX`].
    #[error("the size of the checkpoint is malformed")]
    Size,
    /// The root is not the standard base64 of 32 bytes, or not that of the empty tree where the size is 0.
    #[error("the root of the checkpoint is malformed")]
    Root,
    /// The checkpoint is of another log than the key.
    #[error("the checkpoint is of another origin than the key")]
    OtherOrigin,
}

/// What a log says of itself: whose it is, how many leaves it has and the root over them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    origin: String,
    head: TreeHead,
}

impl Checkpoint {
    /// A checkpoint of the log with this origin.
    ///
    /// # Errors
    /// [`CheckpointRefusal`] for an origin that cannot name a key, a size above [`TREE_SIZE_MAX`], or an empty tree with a root
    /// of another.
    pub fn new(origin: &str, head: TreeHead) -> Result<Self, CheckpointRefusal> {
        if !key_name_is_valid(origin) {
            return Err(CheckpointRefusal::Origin);
        }
        if head.size > TREE_SIZE_MAX {
            return Err(CheckpointRefusal::Size);
        }
        if head.size == 0 && head.root != empty_root() {
            return Err(CheckpointRefusal::Root);
        }
        Ok(Self {
            origin: origin.to_owned(),
            head,
        })
    }

    /// Reads the text of a checkpoint: three lines, each ended.
    ///
    /// # Errors
    /// [`CheckpointRefusal`] with the first reason found.
    pub fn parse(text: &str) -> Result<Self, CheckpointRefusal> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointRefusal::Lines)?.splitn(4, '\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointRefusal::Lines);
        };
        if lines.next().is_some() {
            return Err(CheckpointRefusal::Extension);
        }
        let root = STANDARD.decode(root).ok().and_then(|bytes| Hash32::from_slice(&bytes));
        let head = TreeHead {
            size: decimal(size).ok_or(CheckpointRefusal::Size)?,
            root: root.ok_or(CheckpointRefusal::Root)?,
        };
        Self::new(origin, head)
    }

    /// Reads a published checkpoint and checks that `key`, which bears the name of the origin, signed it. The note is given
    /// back with every signature, those of others included.
    ///
    /// # Errors
    /// [`CheckpointRefusal`] with the first reason found.
    pub fn open(bytes: &[u8], key: &VerifierKey) -> Result<(Self, Note), CheckpointRefusal> {
        let note = Note::parse(bytes)?;
        note.verify(key)?;
        let checkpoint = Self::parse(note.text())?;
        if checkpoint.origin == key.name() {
            Ok((checkpoint, note))
        } else {
            Err(CheckpointRefusal::OtherOrigin)
        }
    }

    /// The checkpoint as a note signed with the log's key, under the name of the origin. The same checkpoint and key always
    /// give the same note.
    ///
    /// # Errors
    /// [`VerifierKeyError`] for a key of small order, which no generator makes.
    pub fn sign(&self, key: &SigningKey) -> Result<Note, VerifierKeyError> {
        let mut note = Note::new(self.to_string()).map_err(|_| VerifierKeyError::Name)?;
        note.sign(&self.origin, key)?;
        Ok(note)
    }

    /// Which log it is.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Size and root.
    #[must_use]
    pub const fn head(&self) -> TreeHead {
        self.head
    }
}

impl std::fmt::Display for Checkpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let root = STANDARD.encode(self.head.root.as_bytes());
        writeln!(formatter, "{}\n{}\n{root}", self.origin, self.head.size)
    }
}

/// A decimal number without sign or leading zeros.
fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
