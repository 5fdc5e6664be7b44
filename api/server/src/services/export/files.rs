//! Copying the published log, as it is: tiles first, its checkpoint behind them, and at last what the checkpoint no longer needs goes.

use std::collections::BTreeSet;

use governance::log::proof::TreeHead;
use governance::log::tile::{TileHashes, growth};
use governance::log::{Checkpoint, Frontier, Tile, TileKind, VerifierKey};
use wire::public_record::LOG_FOLDER;

use super::folder::ExportFolder;
use super::{ExportFault, ExportMode, ExportReport, ExportStep};
use crate::services::log::folder::{CHECKPOINT, FolderFault, LogFolder};

/// How often to begin anew because the log went on and dropped a partial tile meanwhile.
const TRIES_MAX: usize = 20;
/// The length of an entry in a bundle of entries, with the two bytes before it.
const ENTRY_BYTES: u64 = 2 + 65;
/// The length of a hash in a tile.
const HASH_BYTES: u64 = 32;

/// What is copied from where to where.
pub(super) struct Copying<'a> {
    pub(super) from: &'a LogFolder,
    pub(super) key: &'a VerifierKey,
    pub(super) to: &'a ExportFolder,
}

impl Copying<'_> {
    /// Copies what the newest published checkpoint covers and the folder lacks.
    ///
    /// # Errors
    /// If the published log does not continue the one that was copied before, or a file cannot be read or written.
    pub(super) fn run(
        &self,
        report: &mut ExportReport,
        tell: &mut (dyn FnMut(ExportStep) + Send),
    ) -> Result<(), ExportFault> {
        let mut lacking = None;
        for _ in 0..TRIES_MAX {
            let (head, note) = self.from.checkpoint(self.key)?.ok_or(ExportFault::NoLog)?;
            if lacking.as_ref().is_some_and(|(size, _)| *size == head.size) {
                break;
            }
            let there = self.copied()?;
            // Where the log went on meanwhile, a partial tile may be gone; the newer checkpoint names another.
            let copied = there.map_or(Ok(()), |there| self.check_continues(there, head));
            match copied.and_then(|()| self.copy_tiles(head, report, tell)) {
                Err(ExportFault::Lacking(name)) => lacking = Some((head.size, name)),
                Err(fault) => return Err(fault),
                Ok(()) => return self.replace(there, head, &note, report, tell),
            }
        }
        let name = lacking.map_or_else(|| CHECKPOINT.to_owned(), |(_, name)| name);
        Err(ExportFault::Lacking(name))
    }

    /// The head of the log that was copied before.
    fn copied(&self) -> Result<Option<TreeHead>, ExportFault> {
        let Some(note) = self.to.read(&checkpoint_path())? else {
            return Ok(None);
        };
        let (checkpoint, _) = Checkpoint::open(&note, self.key).map_err(FolderFault::from)?;
        Ok(Some(checkpoint.head()))
    }

    /// Refuses to replace a log by one that does not begin with it.
    fn check_continues(&self, there: TreeHead, head: TreeHead) -> Result<(), ExportFault> {
        let beginning = if there.size <= head.size {
            let mut hashes = TileHashes::new(self.from, head.size);
            let read = Frontier::read(there.size, &mut hashes);
            Some(read.map_err(|_| ExportFault::Lacking(String::from("tile")))?.root())
        } else {
            None
        };
        if beginning == Some(there.root) {
            return Ok(());
        }
        Err(ExportFault::Contradicts {
            exported: there.size,
            published: head.size,
        })
    }

    fn copy_tiles(
        &self,
        head: TreeHead,
        report: &mut ExportReport,
        tell: &mut (dyn FnMut(ExportStep) + Send),
    ) -> Result<(), ExportFault> {
        let lacks = |tile: &Tile| !self.to.has(&path_of(*tile), length(*tile));
        let missing: Vec<Tile> = growth(0, head.size).filter(lacks).collect();
        let tiles = missing.len();
        for (number, tile) in (1..).zip(missing) {
            if self.to.mode() == ExportMode::Write {
                let bytes = self.from.tile(tile)?;
                let bytes = bytes.filter(|bytes| u64::try_from(bytes.len()) == Ok(length(tile)));
                let bytes = bytes.ok_or_else(|| ExportFault::Lacking(tile.to_string()))?;
                self.to.put(&path_of(tile), &bytes)?;
                tell(ExportStep::TileMoved { number, tiles });
            }
            report.tiles = report.tiles.saturating_add(1);
            report.tile_bytes = report.tile_bytes.saturating_add(length(tile));
            report.is_changed = true;
        }
        Ok(())
    }

    fn replace(
        &self,
        there: Option<TreeHead>,
        head: TreeHead,
        note: &str,
        report: &mut ExportReport,
        tell: &mut (dyn FnMut(ExportStep) + Send),
    ) -> Result<(), ExportFault> {
        report.log_size = head.size;
        let is_new = there != Some(head);
        report.is_changed |= is_new;
        if self.to.mode() == ExportMode::Preview {
            return Ok(());
        }
        if is_new {
            self.to.put(&checkpoint_path(), note.as_bytes())?;
            tell(ExportStep::CheckpointMoved);
        }
        self.remove_superseded(head, report)
    }

    /// Removes partial tiles of earlier sizes. Whoever reads an earlier checkpoint finds the wider ones.
    fn remove_superseded(&self, head: TreeHead, report: &mut ExportReport) -> Result<(), ExportFault> {
        let partial = growth(0, head.size).filter(|tile| !tile.is_full());
        let needed: BTreeSet<String> = partial.map(path_of).collect();
        let mut folders = vec![format!("{LOG_FOLDER}/tile")];
        while let Some(folder) = folders.pop() {
            let (files, below) = self.to.list(&folder)?;
            folders.extend(below);
            for file in files.iter().filter(|_| folder.ends_with(".p")) {
                if !needed.contains(file) {
                    self.to.remove(file)?;
                    report.tiles_removed = report.tiles_removed.saturating_add(1);
                    report.is_changed = true;
                }
            }
            if folder.ends_with(".p") {
                self.to.remove_if_empty(&folder);
            }
        }
        Ok(())
    }
}

fn checkpoint_path() -> String {
    format!("{LOG_FOLDER}/{CHECKPOINT}")
}

fn path_of(tile: Tile) -> String {
    format!("{LOG_FOLDER}/{tile}")
}

/// How many bytes a tile has.
fn length(tile: Tile) -> u64 {
    let each = match tile.kind() {
        TileKind::Entries => ENTRY_BYTES,
        TileKind::Hashes { .. } => HASH_BYTES,
    };
    each.saturating_mul(tile.width().into())
}
