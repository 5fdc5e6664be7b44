//! The published files of a log, as anyone may read them.

use governance::hash::Hash32;
use governance::log::Tile;

use super::folder::{CHECKPOINT, LogFolder};
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
/// looked up, so that no address reaches another file.
///
/// # Errors
/// 404 where there is none.
pub async fn read(app: &App, namespace: &str, name: &str) -> Result<Published, Problem> {
    let parsed: Hash32 = format!("0x{namespace}").parse().map_err(|_| Problem::not_found())?;
    let is_checkpoint = name == CHECKPOINT;
    let is_spelled_so = hex::encode(parsed.as_bytes()) == namespace && (is_checkpoint || name.parse::<Tile>().is_ok());
    if !is_spelled_so {
        return Err(Problem::not_found());
    }
    let (folder, name) = (LogFolder::of(&app.config.log.folder, parsed), name.to_owned());
    let read = tokio::task::spawn_blocking(move || folder.read(&name)).await;
    let bytes = read
        .map_err(Problem::internal)?
        .map_err(Problem::internal)?
        .ok_or_else(Problem::not_found)?;
    Ok(if is_checkpoint {
        Published::Checkpoint(bytes)
    } else {
        Published::Tile(bytes)
    })
}
