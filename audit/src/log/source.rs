//! Where a log is read: a folder, or a web server that serves one. Both are hostile.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use governance::log::entry::ENTRY_BYTES;
use governance::log::note::NOTE_BYTES_MAX;
use governance::log::tile::{TileReader, bundle_bytes, bundle_parse};
use governance::log::{Checkpoint, Note, Tile, TileKind};

use super::watch::CHECKPOINT;
use super::web::WebReader;
use crate::chain::{Endpoint, EndpointRefusal};

/// A published log: a folder with `checkpoint` and `tile/`, or the address of one.
#[derive(Debug)]
pub struct LogSource(Kind);

#[derive(Debug)]
enum Kind {
    Folder(PathBuf),
    Web(WebReader),
}

/// Why a log is not read from an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceRefusal {
    /// It is not an address that is spoken to.
    #[error("cannot read the log there: {0}")]
    Address(#[from] EndpointRefusal),
    /// No connection can be made at all.
    #[error("cannot make connections: {0}")]
    Client(String),
}

/// Why a file of the log cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReadFault {
    /// There is none.
    #[error("it is not there")]
    Absent,
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Failed(String),
}

impl LogSource {
    /// A folder, or the address of one if the text begins with `https://` or `http://`. Nothing is opened yet.
    ///
    /// # Errors
    /// [`SourceRefusal`] for an address that is neither `https` nor on this machine.
    pub fn parse(text: &str) -> Result<Self, SourceRefusal> {
        if text.starts_with("https://") || text.starts_with("http://") {
            let endpoint = Endpoint::parse(text)?;
            let web = WebReader::new(&endpoint).map_err(SourceRefusal::Client)?;
            return Ok(Self(Kind::Web(web)));
        }
        Ok(Self(Kind::Folder(PathBuf::from(text))))
    }

    /// Reads a file of the log. Of a file longer than `bytes_max`, one byte more is read, so that its length is found wrong.
    pub(crate) fn read(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, ReadFault> {
        match &self.0 {
            Kind::Folder(folder) => read_file(&folder.join(path), bytes_max).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => ReadFault::Absent,
                _ => ReadFault::Failed(error.to_string()),
            }),
            Kind::Web(web) => match web.read(path, bytes_max) {
                Ok(Some(bytes)) => Ok(bytes),
                Ok(None) => Err(ReadFault::Absent),
                Err(text) => Err(ReadFault::Failed(text)),
            },
        }
    }
}

impl LogSource {
    /// How many entries the log says that it has now. Whoever wrote the checkpoint, this only says where to look: what is found there
    /// must lead to the root that was signed.
    fn size_now(&self) -> Option<u64> {
        let note = Note::parse(&self.read(CHECKPOINT, NOTE_BYTES_MAX).ok()?).ok()?;
        Some(Checkpoint::parse(note.text()).ok()?.head().size)
    }
}

/// Reads a file, and one byte more than `bytes_max` at most. Pipes and devices are not read: they may have no end.
pub(super) fn read_file(path: &Path, bytes_max: usize) -> std::io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("not a file"));
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The tiles of a log that is read under a checkpoint of `size` entries. Partial tiles of earlier sizes may have been dropped for
/// wider ones, which then stand in for them; also while they are read, where the log goes on meanwhile.
pub(crate) struct Tiles<'a> {
    pub(crate) source: &'a LogSource,
    pub(crate) size: u64,
}

impl TileReader for Tiles<'_> {
    type Error = ReadFault;

    fn read_tile(&mut self, tile: Tile) -> Result<Vec<u8>, ReadFault> {
        let exact = self.source.read(&tile.to_string(), bytes_max(tile));
        if exact != Err(ReadFault::Absent) || tile.is_full() {
            return exact;
        }
        let of_size = |size| Tile::in_tree(tile.kind(), tile.index(), size);
        let newest = || self.source.size_now().and_then(of_size);
        let wider = [of_size(self.size), tile.full()].into_iter().flatten();
        for wider in wider.chain(std::iter::once_with(newest).flatten()) {
            if wider.width() > tile.width()
                && let Ok(bytes) = self.source.read(&wider.to_string(), bytes_max(wider))
            {
                // What cannot be narrowed is given as it is, and found malformed.
                return Ok(narrowed(&bytes, wider, tile).unwrap_or(bytes));
            }
        }
        exact
    }
}

fn bytes_max(tile: Tile) -> usize {
    let item = match tile.kind() {
        TileKind::Hashes { .. } => 32,
        TileKind::Entries => ENTRY_BYTES.saturating_add(2),
    };
    item.saturating_mul(tile.width().into())
}

/// The beginning of a wider tile.
fn narrowed(bytes: &[u8], wider: Tile, tile: Tile) -> Option<Vec<u8>> {
    match tile.kind() {
        TileKind::Hashes { .. } => bytes.get(..bytes_max(tile)).map(<[u8]>::to_vec),
        TileKind::Entries => {
            let entries = bundle_parse(bytes, wider.width()).ok()?;
            bundle_bytes(entries.into_iter().take(tile.width().into()))
        }
    }
}
