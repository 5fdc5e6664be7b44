//! The published files of a log, as anyone may read them.

use governance::hash::Hash32;
use governance::log::Tile;

use super::folder::{CHECKPOINT, FolderFault, LogFolder};
use crate::app::App;
use crate::problem::Problem;

/// A published file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// The newest checkpoint, a signed note.
    Checkpoint(Vec<u8>),
    /// A tile; it never changes.
    Tile(Vec<u8>),
}

/// Reads a file of the log with this namespace, in 64 small hexadecimal digits. Only the names that the log itself writes are
/// looked up, so that no address reaches another file. Who asks for a partial tile that is gone gets the same bytes from a wider one.
///
/// # Errors
/// 404 where there is none.
pub async fn read(app: &App, namespace: &str, name: &str) -> Result<Published, Problem> {
    let parsed: Hash32 = format!("0x{namespace}").parse().map_err(|_| Problem::not_found())?;
    if hex::encode(parsed.as_bytes()) != namespace {
        return Err(Problem::not_found());
    }
    let tile = match name {
        CHECKPOINT => None,
        name => Some(name.parse::<Tile>().map_err(|_| Problem::not_found())?),
    };
    let folder = LogFolder::of(&app.config.log.folder, parsed);
    let read = tokio::task::spawn_blocking(move || match tile {
        None => Ok(folder.read(CHECKPOINT)?.map(Published::Checkpoint)),
        Some(tile) => Ok(folder.tile(tile)?.map(Published::Tile)),
    });
    read.await
        .map_err(Problem::internal)?
        .map_err(|fault: FolderFault| Problem::internal(fault))?
        .ok_or_else(Problem::not_found)
}
