//! The way out of `behind`: entries that were published and are missing in a restored database come back from the published files.
//!
//! Only their hashes come back. What they stood for is lost here, and an event in the log says so to whoever checks. Everything
//! happens in one transaction, so a run that dies leaves nothing, and one that ended leaves nothing to do for the next.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use governance::event::Event;
use governance::hash::Hash32;
use governance::id::CoopId;
use governance::log::proof::TreeHead;
use governance::log::tile::{bundle_parse, growth};
use governance::log::{Frontier, LogEntry, Tile, TileKind, VerifierKey};
use governance::record::type_registry;
use store::StoreError;
use store::anchor::Replacement;
use store::coop::{coop_get, coop_of_slug};
use store::log::{LogHead, LogRefusal, SignedHead, log_leaves, log_peek, log_restore, log_take, log_waiting};

use super::folder::{FolderFault, LogFolder};
use super::guard;
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::services::{coops, events};

/// For how long the log is taken, in seconds. The repair commits or is undone before; nobody sees the hold.
const HELD_SECONDS: i16 = 15;
/// How often, and after which pause, to try again to take a log that a worker holds. It leaves a refused log alone now and then.
const TRIES_MAX: usize = 200;
const TRY_PAUSE: Duration = Duration::from_millis(50);
/// The most leaves read at once.
const BATCH_MAX: i64 = 16_384;

/// Whether to do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepairMode {
    /// Only say what would be done.
    Preview,
    /// Do it.
    Apply,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repair {
    /// The published log is not ahead of the database; nothing was written.
    NotBehind,
    /// It is, and this comes back, or came back.
    Behind(LostEntries),
}

/// The entries of the published log that the database lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostEntries {
    /// The index of the first.
    pub first_index: u64,
    /// The index behind the last: the size of the published log.
    pub end_index: u64,
    /// Its root.
    pub root: Hash32,
    /// By the name of the type of record.
    pub types: BTreeMap<String, LostOfType>,
}

/// How much of one type of record comes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LostOfType {
    /// How many entries.
    pub entries: usize,
    /// How many of them the database still has, without a place: their contents are not lost.
    pub waiting: usize,
}

/// Why nothing was repaired. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RepairFault {
    /// There is no such co-op in the database.
    #[error("the database has no co-op with this short name")]
    NoCoop,
    /// The published log does not continue that of the database, or cannot be read.
    #[error("nothing was written: {what} ({}): {}", .refusal.name(), guard::advice(*.refusal))]
    Refused {
        /// What is the matter.
        refusal: LogRefusal,
        /// What was found.
        what: String,
    },
    /// A worker holds the log.
    #[error(
        "nothing was written: a worker holds the log; stop every `work` and `serve`, wait 15 seconds and try again"
    )]
    Held,
    /// Database or folder changed meanwhile.
    #[error("nothing was written: the log changed meanwhile; stop every `work` and `serve` and try again")]
    Overtaken,
    /// The database or something else failed.
    #[error("nothing was written")]
    Failed(#[source] anyhow::Error),
}

impl From<StoreError> for RepairFault {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<FolderFault> for RepairFault {
    fn from(fault: FolderFault) -> Self {
        let refusal = match fault {
            FolderFault::Unreachable { .. } | FolderFault::Held => LogRefusal::Unreachable,
            FolderFault::Foreign(_)
            | FolderFault::OtherRoot(_)
            | FolderFault::OtherTile(_)
            | FolderFault::Ahead { .. } => LogRefusal::Contradicts,
        };
        Self::Refused {
            refusal,
            what: fault.to_string(),
        }
    }
}

/// A log whose published files are ahead of the database.
struct Behind {
    coop: CoopId,
    folder: LogFolder,
    key: VerifierKey,
    head: LogHead,
    published: TreeHead,
    note: String,
}

/// Brings back what a restored database lacks of the published log of the co-op with this short name, or says what that is.
///
/// # Errors
/// [`RepairFault`]; nothing was written then.
pub async fn repair(app: &App, slug: &str, mode: RepairMode) -> Result<Repair, RepairFault> {
    let Some(behind) = look(app, slug).await? else {
        return Ok(Repair::NotBehind);
    };
    let missing = missing(app, &behind).await?;
    let lost = lost(app, &behind, &missing).await?;
    match mode {
        RepairMode::Preview => {}
        RepairMode::Apply => apply(app, &behind, &missing, &lost).await?,
    }
    Ok(Repair::Behind(lost))
}

/// Compares the published checkpoint with the database; `None` where it is not ahead.
async fn look(app: &App, slug: &str) -> Result<Option<Behind>, RepairFault> {
    let mut tx = app.store.global_tx("log_repair_coop").await?;
    let coop = coop_of_slug(&mut tx, slug).await?;
    tx.commit().await?;
    let coop = coop.ok_or(RepairFault::NoCoop)?;
    let mut tx = app.store.coop_tx("log_repair_look", coop).await?;
    let head = log_peek(&mut tx).await?.unwrap_or(NOT_BEGUN);
    let row = coop_get(&mut tx).await?.ok_or(RepairFault::NoCoop)?;
    tx.commit().await?;
    let namespace =
        coops::namespace(&row).map_err(|problem| RepairFault::Failed(anyhow::anyhow!("{}", problem.detail())))?;
    let key = super::verifier_key(app, namespace).map_err(RepairFault::Failed)?;
    let folder = LogFolder::of(&app.config.log.folder, namespace);
    let (from, under) = (folder.clone(), key.clone());
    let checkpoint = blocking(move || Ok(from.checkpoint(&under)?)).await?;
    match (
        guard::compare(&head, checkpoint.as_ref().map(|(head, _)| *head)),
        checkpoint,
    ) {
        (Err(LogRefusal::Behind), Some((published, note))) => Ok(Some(Behind {
            coop,
            folder,
            key,
            head,
            published,
            note,
        })),
        (Err(refusal), _) => {
            let what = format!("the database has signed {} leaves", head.size);
            Err(RepairFault::Refused { refusal, what })
        }
        (Ok(_), _) => Ok(None),
    }
}

/// The log of a co-op that no worker looked at yet.
const NOT_BEGUN: LogHead = LogHead {
    epoch: 0,
    sequenced: 0,
    size: 0,
    root: None,
    note: None,
    published_size: 0,
    published_root: None,
    refused: None,
};

/// The published entries behind the last leaf, if the published log is what its checkpoint says and begins with the leaves.
async fn missing(app: &App, behind: &Behind) -> Result<Vec<LogEntry>, RepairFault> {
    let sequenced = u64::try_from(behind.head.sequenced).unwrap_or_default();
    let common = sequenced.min(behind.published.size);
    let (folder, published) = (behind.folder.clone(), behind.published);
    let (beginning, missing) = blocking(move || read_entries(&folder, published, common)).await?;
    let own = own_root(app, behind, common).await?;
    if own != beginning {
        let what = format!("the first {common} leaves are others in the published log than in the database");
        return Err(contradicts(what));
    }
    Ok(missing)
}

/// Reads the published entries: the root of the first `common`, and the others.
fn read_entries(folder: &LogFolder, published: TreeHead, common: u64) -> Result<(Hash32, Vec<LogEntry>), RepairFault> {
    let (mut frontier, mut missing) = (Frontier::new(), Vec::new());
    let mut beginning = frontier.root();
    for tile in growth(0, published.size).filter(|tile| tile.kind() == TileKind::Entries) {
        for entry in bundle(folder, tile)? {
            if frontier.size() >= common {
                missing.push(entry);
            }
            frontier.push(entry.leaf_hash());
            if frontier.size() == common {
                beginning = frontier.root();
            }
        }
    }
    if (frontier.size(), frontier.root()) == (published.size, published.root) {
        Ok((beginning, missing))
    } else {
        Err(contradicts(String::from(
            "the published entries do not give the root of the published checkpoint",
        )))
    }
}

fn bundle(folder: &LogFolder, tile: Tile) -> Result<Vec<LogEntry>, RepairFault> {
    let bytes = folder.tile(tile)?.ok_or_else(|| RepairFault::Refused {
        refusal: LogRefusal::Unreachable,
        what: format!("the published file {tile} is missing"),
    })?;
    let entries: Option<Vec<LogEntry>> = bundle_parse(&bytes, tile.width())
        .ok()
        .and_then(|entries| entries.into_iter().map(LogEntry::parse).collect());
    entries.ok_or_else(|| contradicts(format!("the published file {tile} is malformed")))
}

/// The root of the first `common` leaves of the database, whose signed root is checked on the way.
async fn own_root(app: &App, behind: &Behind, common: u64) -> Result<Hash32, RepairFault> {
    let damaged = |what: String| RepairFault::Refused {
        refusal: LogRefusal::Damaged,
        what,
    };
    let mut frontier = Frontier::new();
    let end = i64::try_from(common).unwrap_or(i64::MAX);
    let signed = behind.head.root.as_deref().and_then(Hash32::from_slice);
    let mut from = 0;
    while from < end {
        // Stops where it was signed, to compare the root.
        let stop = if from < behind.head.size { behind.head.size } else { end };
        let to = stop.min(from.saturating_add(BATCH_MAX)).min(end);
        let mut tx = app.store.coop_tx("log_leaves", behind.coop).await?;
        let leaves = log_leaves(&mut tx, from, to).await?;
        tx.commit().await?;
        for (index, leaf) in (from..to).zip(leaves.iter().map(Some).chain(std::iter::repeat(None))) {
            let entry = leaf
                .filter(|leaf| leaf.log_index == index)
                .and_then(|leaf| leaf.entry());
            let entry = entry.ok_or_else(|| damaged(format!("the leaf {index} is missing or malformed")))?;
            frontier.push(entry.leaf_hash());
        }
        if to == behind.head.size && signed != Some(frontier.root()) {
            return Err(damaged(format!("the {to} leaves do not give the signed root")));
        }
        from = to;
    }
    Ok(frontier.root())
}

async fn lost(app: &App, behind: &Behind, missing: &[LogEntry]) -> Result<LostEntries, RepairFault> {
    let mut tx = app.store.coop_tx("log_repair_look", behind.coop).await?;
    let waiting: BTreeSet<LogEntry> = log_waiting(&mut tx, missing).await?.into_iter().collect();
    tx.commit().await?;
    let names: BTreeMap<Hash32, &str> = type_registry()
        .into_iter()
        .filter_map(|(text, hash)| Some((hash, text.split_once('(')?.0)))
        .collect();
    let mut types: BTreeMap<String, LostOfType> = BTreeMap::new();
    for entry in missing {
        let name = names
            .get(&entry.type_hash)
            .map_or_else(|| entry.type_hash.to_string(), |name| (*name).to_owned());
        let count = types.entry(name).or_default();
        count.entries = count.entries.saturating_add(1);
        count.waiting = count.waiting.saturating_add(waiting.contains(entry).into());
    }
    let missing = u64::try_from(missing.len()).unwrap_or(u64::MAX);
    Ok(LostEntries {
        first_index: behind.published.size.saturating_sub(missing),
        end_index: behind.published.size,
        root: behind.published.root,
        types,
    })
}

/// Takes the log, writes everything and gives the log back, in one transaction.
async fn apply(app: &App, behind: &Behind, missing: &[LogEntry], lost: &LostEntries) -> Result<(), RepairFault> {
    let mut tx = app.store.coop_tx("log_repair", behind.coop).await?;
    let mut tries = 0;
    let taken = loop {
        if let Some(taken) = log_take(&mut tx, HELD_SECONDS).await? {
            break taken;
        }
        tx.commit().await?;
        tries += 1;
        if tries == TRIES_MAX {
            return Err(RepairFault::Held);
        }
        tokio::time::sleep(TRY_PAUSE).await;
        tx = app.store.coop_tx("log_repair", behind.coop).await?;
    };
    Failpoint::LogRepairTaken.reach();
    // From here on no worker can take the log. What was compared must still be what is there.
    let (folder, key) = (behind.folder.clone(), behind.key.clone());
    let there = blocking(move || Ok(folder.checkpoint(&key)?)).await?;
    let head = &behind.head;
    let is_as_compared = (taken.sequenced, taken.size, &taken.root) == (head.sequenced, head.size, &head.root)
        && there.is_some_and(|(there, _)| there == behind.published);
    if !is_as_compared {
        return Err(RepairFault::Overtaken);
    }
    let signed = SignedHead {
        size: i64::try_from(behind.published.size).map_err(|error| RepairFault::Failed(error.into()))?,
        root: behind.published.root,
        note: behind.note.clone(),
    };
    match log_restore(&mut tx, &taken, missing, &signed).await? {
        Replacement::Replaced => {}
        Replacement::Overtaken => return Err(RepairFault::Overtaken),
    }
    Failpoint::LogRepairPlaced.reach();
    let repaired = Event::LogRepaired {
        coop: behind.coop,
        first_index: lost.first_index,
        end_index: lost.end_index,
        root: lost.root,
    };
    events::append(&mut tx, None, &[repaired])
        .await
        .map_err(|error| RepairFault::Failed(error.into()))?;
    Failpoint::LogRepairTold.reach();
    tx.commit().await?;
    Failpoint::LogRepaired.reach();
    tracing::warn!(coop.id = %behind.coop, log.first = lost.first_index, log.end = lost.end_index, "a log was repaired");
    Ok(())
}

fn contradicts(what: String) -> RepairFault {
    RepairFault::Refused {
        refusal: LogRefusal::Contradicts,
        what,
    }
}

/// Runs what waits for the disk where it may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RepairFault> + Send + 'static,
) -> Result<T, RepairFault> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| RepairFault::Failed(error.into()))?
}
