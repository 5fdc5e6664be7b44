//! What proves that an acknowledged record is in the log.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use governance::hash::Hash32;
use governance::id::CoopId;
use governance::log::proof::{inclusion_plan, verify_inclusion};
use governance::log::tile::TileHashes;
use governance::log::{LogEntry, VerifierKey};
use store::coop::coop_get;
use store::log::{LogPlace, log_place};
use wire::log::{LogProof, ReceiptState};

use super::folder::LogFolder;
use crate::app::App;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::coops;

/// The longest time that an answer is held back for a checkpoint.
pub const WAIT_MAX: Duration = Duration::from_secs(5);
/// How often is looked meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Whether a checkpoint covers the record, with the proof, waiting for one for a while.
///
/// # Errors
/// 404 where nothing with this hash was acknowledged.
pub async fn receipt(app: &App, coop: CoopId, record_hash: Hash32, wait: Duration) -> Result<Answer, Problem> {
    let until = Instant::now() + wait.min(WAIT_MAX);
    loop {
        let state = state(app, coop, record_hash).await?;
        if state != ReceiptState::Pending || Instant::now() >= until {
            return Answer::ok(&state);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether a checkpoint covers the record now, with the proof.
///
/// # Errors
/// 404 where nothing with this hash was acknowledged.
pub async fn state(app: &App, coop: CoopId, record_hash: Hash32) -> Result<ReceiptState, Problem> {
    let mut tx = app.store.coop_tx("log_place", coop).await?;
    let row = coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?;
    let place = log_place(&mut tx, record_hash).await?;
    tx.commit().await?;
    match place {
        None => Err(Problem::not_found()),
        Some(LogPlace::Pending) => Ok(ReceiptState::Pending),
        Some(LogPlace::Published { index, type_hash }) => {
            let namespace = coops::namespace(&row)?;
            let entry = LogEntry { type_hash, record_hash };
            prove(app, namespace, entry, index).await.map_err(internal)
        }
    }
}

fn internal(error: anyhow::Error) -> Problem {
    Problem::internal(format_args!("a receipt cannot be proved: {error:#}"))
}

/// The proof under the newest published checkpoint, read from the published files and checked before it is given out.
async fn prove(app: &App, namespace: Hash32, entry: LogEntry, index: i64) -> anyhow::Result<ReceiptState> {
    let key = super::verifier_key(app, namespace)?;
    let folder = LogFolder::of(&app.config.log.folder, namespace);
    tokio::task::spawn_blocking(move || read_proof(&folder, &key, entry, u64::try_from(index)?)).await?
}

fn read_proof(folder: &LogFolder, key: &VerifierKey, entry: LogEntry, index: u64) -> anyhow::Result<ReceiptState> {
    let (head, checkpoint) = folder.checkpoint(key)?.context("no checkpoint is published")?;
    let plan = inclusion_plan(index, head.size).context("the published checkpoint is older than the database says")?;
    let inclusion = plan.make(&mut TileHashes::new(folder, head.size))?;
    let is_proved = verify_inclusion(entry.leaf_hash(), index, head, &inclusion).is_ok();
    ensure!(is_proved, "the published tiles do not lead from the leaf to the root");
    Ok(ReceiptState::Published(LogProof {
        origin: key.name().to_owned(),
        log_key: key.to_string(),
        type_hash: entry.type_hash,
        record_hash: entry.record_hash,
        index,
        size: head.size,
        inclusion,
        checkpoint,
    }))
}
