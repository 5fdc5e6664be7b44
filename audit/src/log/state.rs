//! What a watcher remembers between two looks: the last checkpoint it has processed, as it was signed.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

use governance::log::checkpoint::CheckpointRefusal;
use governance::log::note::NOTE_BYTES_MAX;
use governance::log::proof::TreeHead;
use governance::log::{Checkpoint, VerifierKey};

use super::source::read_file;

/// Why the file of the remembered checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateFault {
    /// It cannot be read.
    #[error("cannot read the remembered checkpoint: {0}")]
    Unreadable(std::io::Error),
    /// It holds something else, or a checkpoint that this key did not sign.
    #[error("the remembered checkpoint is not one of this key: {0}")]
    Foreign(CheckpointRefusal),
    /// It cannot be written.
    #[error("cannot remember the checkpoint: {0}")]
    Unwritable(std::io::Error),
}

/// What was remembered.
pub(super) struct Remembered {
    pub(super) head: TreeHead,
    pub(super) note: Vec<u8>,
}

/// Reads what was remembered; `None` if nothing was yet.
pub(super) fn load(path: &Path, key: &VerifierKey) -> Result<Option<Remembered>, StateFault> {
    let note = match read_file(path, NOTE_BYTES_MAX) {
        Ok(note) => note,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StateFault::Unreadable(error)),
    };
    let (checkpoint, _) = Checkpoint::open(&note, key).map_err(StateFault::Foreign)?;
    Ok(Some(Remembered {
        head: checkpoint.head(),
        note,
    }))
}

/// Remembers a checkpoint: after a crash the file holds either the old one or the new one, whole.
pub(super) fn save(path: &Path, note: &[u8]) -> Result<(), StateFault> {
    replace(path, note).map_err(StateFault::Unwritable)
}

fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut name = path.file_name().ok_or(ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let mut file = File::create(&beside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| std::fs::rename(&beside, path)) {
        // What is left of the attempt is of no use to anybody.
        let _ = std::fs::remove_file(&beside);
        return Err(error);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}
