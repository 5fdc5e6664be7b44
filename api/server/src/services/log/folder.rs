//! The published files of one log: tiles that never change, and one checkpoint that only moves forward.
//!
//! Everything is written beside its place, forced to disk and moved there, so that nobody ever reads half a file. What is here
//! blocks; it is called from threads that may.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use governance::hash::Hash32;
use governance::log::checkpoint::CheckpointRefusal;
use governance::log::proof::TreeHead;
use governance::log::tile::{TILE_WIDTH, TileReader, bundle_bytes, bundle_parse};
use governance::log::{Checkpoint, Tile, TileFile, TileKind, VerifierKey};

/// The name of the checkpoint's file.
pub const CHECKPOINT: &str = "checkpoint";
/// Where files are written before they are moved to their place.
const TEMPORARY: &str = "tmp";
/// How often to look for a tile that is replaced by wider ones meanwhile.
const TILE_READS_MAX: usize = 8;
/// The file that whoever replaces the checkpoint holds locked.
const LOCK: &str = "lock";

/// Why the published files are not what they should be.
#[derive(Debug, thiserror::Error)]
pub enum FolderFault {
    /// They cannot be read or written.
    #[error("{} cannot be read or written", path.display())]
    Unreachable {
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The checkpoint is not one of this log under this key.
    #[error("the published checkpoint is not one that this server's log key signed for this log")]
    Foreign(#[from] CheckpointRefusal),
    /// The checkpoint is ahead of what is to be published.
    #[error("the published checkpoint has {published} leaves, and {ours} were to be published")]
    Ahead {
        /// The size there.
        published: u64,
        /// The size to be published.
        ours: u64,
    },
    /// The checkpoint has the size of what is to be published, and another root.
    #[error("the published checkpoint of {0} leaves has another root")]
    OtherRoot(u64),
    /// A file that never changes holds something else.
    #[error("the published file {0} holds something else than the leaves of the database give")]
    OtherTile(Tile),
    /// Another program is replacing the checkpoint.
    #[error("another worker is publishing this log")]
    Held,
}

/// What to do with a file that is there and holds something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mending {
    /// Refuse.
    Refused,
    /// Write it again: the leaves were just compared with the root that was signed.
    Allowed,
}

/// The folder of one log.
#[derive(Debug, Clone)]
pub struct LogFolder {
    path: PathBuf,
}

impl LogFolder {
    /// The folder of the log with this namespace.
    #[must_use]
    pub fn of(folder: &Path, namespace: Hash32) -> Self {
        Self {
            path: folder.join(hex::encode(namespace.as_bytes())),
        }
    }

    /// The bytes of a file; `None` where it is not there.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FolderFault> {
        let path = self.path.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(FolderFault::Unreachable { path, cause }),
        }
    }

    /// The bytes of a tile; `None` where it is not there. A partial one that is gone is the beginning of a wider one.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn tile(&self, tile: Tile) -> Result<Option<Vec<u8>>, FolderFault> {
        for _ in 0..TILE_READS_MAX {
            if let Some(bytes) = self.read(&tile.to_string())? {
                return Ok(Some(bytes));
            }
            let Some(wider) = self.wider(tile)? else {
                return Ok(None);
            };
            // The wider one may go as well, once there is a still wider one.
            if let Some(bytes) = self.read(&wider.to_string())? {
                return Ok(beginning(&bytes, wider, tile));
            }
        }
        Ok(None)
    }

    /// The narrowest tile at the same place that is there and wider than this one.
    fn wider(&self, tile: Tile) -> Result<Option<Tile>, FolderFault> {
        let widths = self.widths(tile)?.unwrap_or_default();
        let partial = widths.into_iter().filter(|width| *width > tile.width()).min();
        Ok(partial
            .and_then(|width| Tile::new(tile.kind(), tile.index(), width))
            .or_else(|| tile.full().filter(|full| full != &tile && self.has(*full))))
    }

    /// The widths of the partial tiles at this place; `None` where there is not even a folder for them.
    fn widths(&self, tile: Tile) -> Result<Option<Vec<u16>>, FolderFault> {
        let Some(path) = self.partials(tile) else {
            return Ok(None);
        };
        let unreachable = |cause| FolderFault::Unreachable {
            path: path.clone(),
            cause,
        };
        let listed = match fs::read_dir(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            listed => listed.map_err(unreachable)?,
        };
        let mut widths = Vec::new();
        for file in listed {
            let name = file.map_err(unreachable)?.file_name();
            let width = name.to_str().and_then(|name| name.parse::<u16>().ok());
            // Only names that the log itself writes.
            widths.extend(width.filter(|width| *width < TILE_WIDTH && name.to_str() == Some(&width.to_string())));
        }
        Ok(Some(widths))
    }

    /// The folder of the partial tiles at this place.
    fn partials(&self, tile: Tile) -> Option<PathBuf> {
        let narrowest = Tile::new(tile.kind(), tile.index(), 1)?;
        Some(self.path.join(narrowest.to_string()).parent()?.to_path_buf())
    }

    fn has(&self, tile: Tile) -> bool {
        self.path.join(tile.to_string()).is_file()
    }

    /// Removes partial tiles at the place of this one that are narrower, at most so many; how many. Nothing where neither this tile
    /// nor a wider one is there.
    ///
    /// Each is removed by itself, and a wider one that is there begins with the same bytes: whoever dies in between leaves what is
    /// as good, and some of it to be removed later.
    ///
    /// # Errors
    /// If the folder cannot be changed.
    pub fn remove_narrower(&self, tile: Tile, files_max: usize) -> Result<usize, FolderFault> {
        let Some((widths, folder)) = self.widths(tile)?.zip(self.partials(tile)) else {
            return Ok(0);
        };
        let is_replaced = self.has(tile) || widths.iter().any(|width| *width > tile.width());
        if !is_replaced {
            return Ok(0);
        }
        let narrower = widths.iter().filter(|width| **width < tile.width());
        let mut removed = 0_usize;
        for width in narrower.take(files_max) {
            let path = folder.join(width.to_string());
            match fs::remove_file(&path) {
                // Another worker was faster.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(cause) => return Err(FolderFault::Unreachable { path, cause }),
                Ok(()) => {}
            }
            removed = removed.saturating_add(1);
        }
        if tile.is_full() && removed == widths.len() {
            // What else lies in it, and keeps it, is not ours.
            let _ = fs::remove_dir(&folder);
        }
        Ok(removed)
    }

    /// Size and root of the published checkpoint, and its note; `None` before the first.
    ///
    /// # Errors
    /// If it cannot be read or is not of this log.
    pub fn checkpoint(&self, key: &VerifierKey) -> Result<Option<(TreeHead, String)>, FolderFault> {
        let Some(bytes) = self.read(CHECKPOINT)? else {
            return Ok(None);
        };
        let (checkpoint, _) = Checkpoint::open(&bytes, key)?;
        Ok(Some((checkpoint.head(), String::from_utf8_lossy(&bytes).into_owned())))
    }

    /// Writes tiles that are not there yet.
    ///
    /// # Errors
    /// If one cannot be written, or is there and holds something else.
    pub fn write_tiles(&self, tiles: &[TileFile], mending: Mending) -> Result<(), FolderFault> {
        let mut folders = Vec::new();
        for file in tiles {
            let name = file.tile.to_string();
            match (self.read(&name)?, mending) {
                (Some(there), _) if there == file.bytes => continue,
                (Some(_), Mending::Refused) => return Err(FolderFault::OtherTile(file.tile)),
                (Some(_), Mending::Allowed) => {
                    tracing::error!(log.file = %file.tile, "a published file was damaged and is written again");
                }
                (None, _) => {}
            }
            let path = self.path.join(&name);
            self.put(&path, &file.bytes)?;
            folders.extend(path.parent().map(Path::to_path_buf));
        }
        folders.sort_unstable();
        folders.dedup();
        folders.iter().try_for_each(|folder| sync(folder))
    }

    /// Replaces the checkpoint, if the one that is there is smaller, or the same.
    ///
    /// # Errors
    /// [`FolderFault::Ahead`] or [`FolderFault::OtherRoot`] where it is neither.
    pub fn publish(&self, key: &VerifierKey, head: TreeHead, note: &str) -> Result<(), FolderFault> {
        // Between reading and replacing nobody else may replace it. A process that is paused keeps the lock, one that died does not.
        let _lock = self.lock()?;
        match self.checkpoint(key)? {
            Some((there, _)) if there == head => return Ok(()),
            Some((there, _)) if there.size == head.size => return Err(FolderFault::OtherRoot(head.size)),
            Some((there, _)) if there.size > head.size => {
                return Err(FolderFault::Ahead {
                    published: there.size,
                    ours: head.size,
                });
            }
            Some(_) | None => {}
        }
        self.put(&self.path.join(CHECKPOINT), note.as_bytes())?;
        sync(&self.path)
    }

    /// Removes what a worker that died left half written. Only whoever holds the log calls it.
    ///
    /// # Errors
    /// If the folder cannot be changed.
    pub fn tidy(&self) -> Result<(), FolderFault> {
        let path = self.path.join(TEMPORARY);
        match fs::remove_dir_all(&path) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => Err(FolderFault::Unreachable { path, cause }),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn lock(&self) -> Result<File, FolderFault> {
        make_folder(&self.path)?;
        let path = self.path.join(LOCK);
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        let file = opened.map_err(|cause| FolderFault::Unreachable {
            path: path.clone(),
            cause,
        })?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(FolderFault::Held),
            Err(TryLockError::Error(cause)) => Err(FolderFault::Unreachable { path, cause }),
        }
    }

    /// Writes a file beside its place, forces it to disk and moves it there.
    fn put(&self, path: &Path, bytes: &[u8]) -> Result<(), FolderFault> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let temporary = self.path.join(TEMPORARY);
        path.parent().map_or(Ok(()), make_folder)?;
        make_folder(&temporary)?;
        let draft = temporary.join(format!("{}-{number}", std::process::id()));
        let written = (|| {
            let mut file = File::create(&draft)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&draft, path)
        })();
        written.map_err(|cause| FolderFault::Unreachable {
            path: path.to_path_buf(),
            cause,
        })
    }
}

impl TileReader for &LogFolder {
    type Error = FolderFault;

    fn read_tile(&mut self, tile: Tile) -> Result<Vec<u8>, FolderFault> {
        self.tile(tile)?.ok_or_else(|| FolderFault::Unreachable {
            path: self.path.join(tile.to_string()),
            cause: ErrorKind::NotFound.into(),
        })
    }
}

/// The beginning of a wider tile; `None` if that is malformed.
fn beginning(bytes: &[u8], wider: Tile, tile: Tile) -> Option<Vec<u8>> {
    let width = usize::from(tile.width());
    match tile.kind() {
        TileKind::Hashes { .. } => bytes.get(..width.saturating_mul(32)).map(<[u8]>::to_vec),
        TileKind::Entries => {
            let entries = bundle_parse(bytes, wider.width()).ok()?;
            bundle_bytes(entries.into_iter().take(width))
        }
    }
}

/// Makes a folder and those above it, each forced to disk.
///
/// # Errors
/// If one cannot be made.
pub fn make_folder(path: &Path) -> Result<(), FolderFault> {
    if path.is_dir() {
        return Ok(());
    }
    let mut missing: Vec<&Path> = path.ancestors().take_while(|folder| !folder.is_dir()).collect();
    while let Some(folder) = missing.pop() {
        match fs::create_dir(folder) {
            Err(cause) if cause.kind() != ErrorKind::AlreadyExists => {
                let path = folder.to_path_buf();
                return Err(FolderFault::Unreachable { path, cause });
            }
            Ok(()) | Err(_) => {}
        }
        folder.parent().map_or(Ok(()), sync)?;
    }
    Ok(())
}

/// Forces the names in a folder to disk.
///
/// # Errors
/// If it cannot be read.
pub fn sync(folder: &Path) -> Result<(), FolderFault> {
    // What has no name of its own is the current folder.
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    File::open(folder)
        .and_then(|file| file.sync_all())
        .map_err(|cause| FolderFault::Unreachable {
            path: folder.to_path_buf(),
            cause,
        })
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use governance::hash::keccak256;

    use super::*;

    struct Scene {
        root: PathBuf,
        folder: LogFolder,
        key: SigningKey,
        name: VerifierKey,
    }

    impl Scene {
        fn new(name: &str) -> Self {
            let root = std::env::temp_dir().join(format!("rochdale-log-{name}-{}", std::process::id()));
            let key = SigningKey::from_bytes(&[7; 32]);
            Self {
                folder: LogFolder::of(&root, keccak256(b"namespace")),
                name: VerifierKey::new("log.example/1", key.verifying_key()).unwrap(),
                root,
                key,
            }
        }

        fn publish(&self, size: u64, root: &[u8]) -> Result<(), String> {
            let root = keccak256(root);
            let head = TreeHead { size, root };
            let note = Checkpoint::new("log.example/1", head).unwrap().sign(&self.key).unwrap();
            self.folder
                .publish(&self.name, head, &note.to_string())
                .map_err(|fault| fault.to_string())
        }

        fn size(&self) -> Option<u64> {
            Some(self.folder.checkpoint(&self.name).unwrap()?.0.size)
        }
    }

    impl Drop for Scene {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.root);
        }
    }

    #[test]
    fn a_checkpoint_only_moves_forward() {
        let scene = Scene::new("forward");
        assert_eq!(scene.size(), None);
        assert_eq!(scene.publish(3, b"three"), Ok(()));
        assert_eq!(scene.publish(3, b"three"), Ok(()), "the same again");
        assert!(scene.publish(3, b"another").unwrap_err().contains("another root"));
        assert!(scene.publish(2, b"two").unwrap_err().contains("has 3 leaves"));
        assert_eq!(scene.size(), Some(3));
        assert_eq!(scene.publish(9, b"nine"), Ok(()));
        assert_eq!(scene.size(), Some(9));
    }

    #[test]
    fn while_another_program_publishes_nothing_is_replaced() {
        let scene = Scene::new("held");
        assert_eq!(scene.publish(1, b"one"), Ok(()));
        let lock = scene.folder.lock().unwrap();
        assert!(scene.publish(2, b"two").unwrap_err().contains("another worker"));
        drop(lock);
        assert_eq!(scene.publish(2, b"two"), Ok(()));
    }

    #[test]
    fn a_tile_never_changes() {
        let scene = Scene::new("tiles");
        let tile = |bytes: &[u8]| TileFile {
            tile: "tile/0/000.p/1".parse().unwrap(),
            bytes: bytes.to_vec(),
        };
        scene.folder.write_tiles(&[tile(b"a")], Mending::Refused).unwrap();
        scene.folder.write_tiles(&[tile(b"a")], Mending::Refused).unwrap();
        let refused = scene.folder.write_tiles(&[tile(b"b")], Mending::Refused);
        assert!(matches!(refused, Err(FolderFault::OtherTile(_))));
        scene.folder.write_tiles(&[tile(b"b")], Mending::Allowed).unwrap();
        assert_eq!(scene.folder.read("tile/0/000.p/1").unwrap().unwrap(), b"b");
        scene.folder.tidy().unwrap();
    }
}
