//! Publishing one log: from entries that wait to a checkpoint that anyone can read.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use governance::hash::Hash32;
use governance::id::CoopId;
use governance::log::proof::TreeHead;
use governance::log::{Checkpoint, TileBuilder, VerifierKey};
use store::anchor::Replacement;
use store::coop::coop_get;
use store::log::{
    LogHead, LogRefusal, SignedHead, log_leaves, log_publish, log_refuse, log_release, log_sequence, log_sign, log_take,
};
use tokio::time::Instant;

use super::folder::{FolderFault, LogFolder, Mending};
use super::guard::{self, Standing};
use super::pruning::{self, Pruning};
use crate::app::App;
use crate::failpoint::Failpoint;
use crate::services::coops;

/// How long a worker may hold a log before another takes over, in seconds.
const LEASE_SECONDS: i16 = 15;
/// How long a log that may not be signed is left alone, in seconds.
const REFUSED_SECONDS: i16 = 2;
/// The most entries that get their place in one step, and the most leaves read at once: a whole number of tiles.
const BATCH_MAX: i64 = 16_384;
/// Of how many logs the right edge is kept in memory, of some 50 KiB each, and how far they are pruned.
const KEPT_MAX: usize = 256;

/// Publishes logs, and remembers the right edge of each.
pub struct Publisher<'a> {
    app: &'a App,
    kept_for: Duration,
    edges: Mutex<HashMap<CoopId, TileBuilder>>,
    prunings: Mutex<HashMap<CoopId, Pruning>>,
}

/// A log that was taken.
struct Taken {
    coop: CoopId,
    head: LogHead,
    key: VerifierKey,
    folder: LogFolder,
}

/// Why a round ended before its end.
enum Stopped {
    /// Nothing may be signed.
    Refused(LogRefusal, String),
    /// Another worker took over.
    Overtaken,
    /// Something failed; the next round tries again.
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Stopped {
    fn from(error: E) -> Self {
        let error = error.into();
        let refusal = error.downcast_ref::<FolderFault>().and_then(|fault| match fault {
            FolderFault::Unreachable { .. } => Some(LogRefusal::Unreachable),
            FolderFault::Foreign(_) | FolderFault::OtherRoot(_) | FolderFault::OtherTile(_) => {
                Some(LogRefusal::Contradicts)
            }
            FolderFault::Ahead { .. } => Some(LogRefusal::Behind),
            FolderFault::Held => None,
        });
        match refusal {
            Some(refusal) => Self::Refused(refusal, format!("{error:#}")),
            None => Self::Failed(error),
        }
    }
}

impl<'a> Publisher<'a> {
    pub(super) fn new(app: &'a App) -> Self {
        Self::keeping(app, pruning::KEPT_FOR)
    }

    /// One that keeps partial tiles for so long after a checkpoint was published that does not need them.
    #[must_use]
    pub fn keeping(app: &'a App, kept_for: Duration) -> Self {
        Self {
            app,
            kept_for,
            edges: Mutex::default(),
            prunings: Mutex::default(),
        }
    }

    /// Gives what waits in a co-op its place and publishes a checkpoint over it; whether there was something to publish.
    ///
    /// # Errors
    /// If the database or the disk fails; the next round tries again.
    pub async fn publish(&self, coop: CoopId) -> anyhow::Result<bool> {
        let Some(taken) = self.take(coop).await? else {
            return Ok(false);
        };
        let stopped = match self.advance(&taken).await {
            Ok(published) => {
                self.prune(&taken).await;
                return Ok(published);
            }
            Err(stopped) => stopped,
        };
        let mut tx = self.app.store.coop_tx("log_give_back", coop).await?;
        let result = match stopped {
            Stopped::Refused(refusal, what) => {
                let advice = guard::advice(refusal);
                if taken.head.refused.as_deref() != Some(refusal.name()) {
                    tracing::error!(coop.id = %coop, log.refusal = refusal.name(), error.cause = what, "a log is not signed: {advice}");
                }
                log_refuse(&mut tx, taken.head.epoch, refusal, REFUSED_SECONDS).await?;
                Ok(false)
            }
            Stopped::Overtaken => Ok(false),
            Stopped::Failed(error) => {
                log_release(&mut tx, taken.head.epoch).await?;
                Err(error)
            }
        };
        tx.commit().await?;
        result
    }

    async fn take(&self, coop: CoopId) -> anyhow::Result<Option<Taken>> {
        let mut tx = self.app.store.coop_tx("log_take", coop).await?;
        let head = log_take(&mut tx, LEASE_SECONDS).await?;
        let row = coop_get(&mut tx).await?.context("a log has no co-op")?;
        tx.commit().await?;
        let namespace = coops::namespace(&row).map_err(|problem| anyhow!("{}", problem.detail()))?;
        let key = super::verifier_key(self.app, namespace)?;
        let folder = LogFolder::of(&self.app.config.log.folder, namespace);
        Ok(head.map(|head| Taken {
            coop,
            head,
            key,
            folder,
        }))
    }

    async fn advance(&self, taken: &Taken) -> Result<bool, Stopped> {
        let (folder, key) = (taken.folder.clone(), taken.key.clone());
        let published = blocking(move || folder.checkpoint(&key)).await?.map(|(head, _)| head);
        let standing = guard::compare(&taken.head, published).map_err(|refusal| {
            Stopped::Refused(
                refusal,
                format!("the folder has {published:?}, the database {}", taken.head.size),
            )
        })?;
        let mut edge = self.edge(taken, standing).await?;
        let sequenced = self.sequence(taken).await?;
        if sequenced > taken.head.sequenced {
            Failpoint::LogSequenced.reach();
        }
        let is_published = sequenced == taken.head.size
            && published.is_some_and(|published| i64::try_from(published.size) == Ok(sequenced));
        if is_published || sequenced == 0 {
            return self.give_back(taken, edge, sequenced).await;
        }
        self.push(taken, &mut edge, sequenced).await?;
        write_tiles(taken, &mut edge, Mending::Refused).await?;
        Failpoint::LogTilesWritten.reach();
        let signed = self.sign(taken, &edge).await?;
        Failpoint::LogSigned.reach();
        let head = TreeHead {
            size: edge.size(),
            root: edge.root(),
        };
        let (folder, key) = (taken.folder.clone(), taken.key.clone());
        blocking(move || folder.publish(&key, head, &signed.note)).await?;
        Failpoint::LogCheckpointWritten.reach();
        self.note_published(taken, sequenced).await?;
        Failpoint::LogPublished.reach();
        self.app.metrics.checkpoints.inc();
        self.keep(taken.coop, edge);
        Ok(true)
    }

    /// The right edge of the log as it was last signed: from memory, else from the published files, else from every leaf in the
    /// database, which then also writes the files again.
    async fn edge(&self, taken: &Taken, standing: Standing) -> Result<TileBuilder, Stopped> {
        let size = u64::try_from(taken.head.size)?;
        let root = taken.head.root.as_deref().and_then(Hash32::from_slice);
        let is_right = |edge: &TileBuilder| edge.size() == size && (size == 0 || Some(edge.root()) == root);
        if standing == Standing::Fits {
            if let Some(edge) = self.kept(taken.coop)
                && is_right(&edge)
            {
                return Ok(edge);
            }
            let folder = taken.folder.clone();
            let resumed = tokio::task::spawn_blocking(move || {
                folder.tidy()?;
                anyhow::Ok(TileBuilder::resume(size, &mut &folder).ok())
            });
            if let Some(edge) = resumed.await??
                && is_right(&edge)
            {
                return Ok(edge);
            }
        }
        tracing::warn!(coop.id = %taken.coop, log.size = size, "the published files of a log are written again from the database");
        let mut edge = self.rebuild(taken, standing).await?;
        if !is_right(&edge) {
            let what = format!("the {size} leaves give the root {}", edge.root());
            return Err(Stopped::Refused(LogRefusal::Damaged, what));
        }
        write_tiles(taken, &mut edge, Mending::Allowed).await?;
        // Kept already now: if this took longer than the log may be held, the next turn need not do it again.
        self.keep(taken.coop, edge.clone());
        Ok(edge)
    }

    /// Builds the log anew from the leaves, comparing it with an older checkpoint on the way.
    async fn rebuild(&self, taken: &Taken, standing: Standing) -> Result<TileBuilder, Stopped> {
        let mut edge = TileBuilder::new();
        let mut stops = vec![taken.head.size];
        if let Standing::Older(published) = standing {
            stops.insert(0, i64::try_from(published.size)?);
        }
        for stop in stops {
            self.push(taken, &mut edge, stop).await?;
            if let Standing::Older(published) = standing
                && edge.size() == published.size
                && edge.root() != published.root
            {
                let what = format!("the folder has another root of {} leaves", published.size);
                return Err(Stopped::Refused(LogRefusal::Contradicts, what));
            }
        }
        Ok(edge)
    }

    /// Appends the leaves up to a size.
    async fn push(&self, taken: &Taken, edge: &mut TileBuilder, to: i64) -> Result<(), Stopped> {
        loop {
            let from = i64::try_from(edge.size())?;
            let end = to.min(from.saturating_add(BATCH_MAX));
            if from >= end {
                return Ok(());
            }
            let mut tx = self.app.store.coop_tx("log_leaves", taken.coop).await?;
            let leaves = log_leaves(&mut tx, from, end).await?;
            tx.commit().await?;
            for (leaf, index) in leaves.iter().zip(from..) {
                let entry = leaf.entry().filter(|_| leaf.log_index == index);
                edge.push(entry.ok_or_else(|| damaged(index))?);
            }
            if i64::try_from(edge.size())? != end {
                return Err(damaged(end));
            }
        }
    }

    async fn sequence(&self, taken: &Taken) -> Result<i64, Stopped> {
        let mut tx = self.app.store.coop_tx("log_sequence", taken.coop).await?;
        let sequenced = log_sequence(&mut tx, taken.head.epoch, BATCH_MAX).await?;
        let sequenced = sequenced.ok_or(Stopped::Overtaken)?;
        tx.commit().await?;
        Ok(sequenced)
    }

    /// Signs the tree at the right edge and stores the note, if the log still stands where it stood.
    async fn sign(&self, taken: &Taken, edge: &TileBuilder) -> Result<SignedHead, Stopped> {
        let size = i64::try_from(edge.size())?;
        let head = TreeHead {
            size: edge.size(),
            root: edge.root(),
        };
        if let (true, Some(note)) = (size == taken.head.size, &taken.head.note) {
            return Ok(SignedHead {
                size,
                root: head.root,
                note: note.clone(),
            });
        }
        let note = Checkpoint::new(taken.key.name(), head)?.sign(self.app.secrets.log_key())?;
        let signed = SignedHead {
            size,
            root: head.root,
            note: note.to_string(),
        };
        let mut tx = self.app.store.coop_tx("log_sign", taken.coop).await?;
        let replaced = log_sign(&mut tx, &taken.head, &signed).await?;
        overtaken(replaced)?;
        tx.commit().await?;
        Ok(signed)
    }

    async fn note_published(&self, taken: &Taken, size: i64) -> Result<(), Stopped> {
        let mut tx = self.app.store.coop_tx("log_publish", taken.coop).await?;
        let replaced = log_publish(&mut tx, taken.head.epoch, size).await?;
        overtaken(replaced)?;
        tx.commit().await?;
        Ok(())
    }

    /// Gives a log back in which nothing new was to be published.
    async fn give_back(&self, taken: &Taken, edge: TileBuilder, size: i64) -> Result<bool, Stopped> {
        if taken.head.published_size < size {
            self.note_published(taken, size).await?;
        } else {
            let mut tx = self.app.store.coop_tx("log_give_back", taken.coop).await?;
            log_release(&mut tx, taken.head.epoch).await?;
            tx.commit().await?;
        }
        self.keep(taken.coop, edge);
        Ok(false)
    }

    /// Removes partial tiles that nobody reads any more, now and then. A log is as good with them, so a failure is only noted.
    async fn prune(&self, taken: &Taken) {
        let now = Instant::now();
        let known = lock(&self.prunings).remove(&taken.coop);
        let mut pruning = known.unwrap_or_else(|| Pruning::new(self.kept_for));
        if pruning.is_due(now) {
            let (folder, key) = (taken.folder.clone(), taken.key.clone());
            let round = tokio::task::spawn_blocking(move || {
                let published = folder.checkpoint(&key);
                let done = published.and_then(|published| match published {
                    Some((head, _)) => pruning.round(&folder, head.size, now),
                    None => Ok(0),
                });
                (pruning, done)
            });
            let done = match round.await {
                Ok((after, done)) => {
                    pruning = after;
                    done.map_err(anyhow::Error::from)
                }
                Err(error) => return tracing::error!(error.cause = %error, "the tiles of a log could not be pruned"),
            };
            match done {
                Ok(files) => tracing::debug!(coop.id = %taken.coop, files, "partial tiles were removed"),
                Err(error) => {
                    tracing::warn!(coop.id = %taken.coop, error.cause = %format_args!("{error:#}"), "partial tiles stay")
                }
            }
        }
        insert_bounded(&self.prunings, taken.coop, pruning);
    }

    fn kept(&self, coop: CoopId) -> Option<TileBuilder> {
        lock(&self.edges).remove(&coop)
    }

    fn keep(&self, coop: CoopId, edge: TileBuilder) {
        insert_bounded(&self.edges, coop, edge);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn insert_bounded<T>(kept: &Mutex<HashMap<CoopId, T>>, coop: CoopId, value: T) {
    let mut kept = lock(kept);
    if kept.len() >= KEPT_MAX {
        kept.clear();
    }
    kept.insert(coop, value);
}

/// Writes the files that came to be.
async fn write_tiles(taken: &Taken, edge: &mut TileBuilder, mending: Mending) -> Result<(), Stopped> {
    let (folder, files) = (taken.folder.clone(), edge.take_files());
    blocking(move || folder.write_tiles(&files, mending)).await
}

fn overtaken(replaced: Replacement) -> Result<(), Stopped> {
    match replaced {
        Replacement::Replaced => Ok(()),
        Replacement::Overtaken => Err(Stopped::Overtaken),
    }
}

fn damaged(index: i64) -> Stopped {
    Stopped::Refused(LogRefusal::Damaged, format!("the leaf {index} is missing or malformed"))
}

/// Runs what waits for the disk where it may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FolderFault> + Send + 'static,
) -> Result<T, Stopped> {
    Ok(tokio::task::spawn_blocking(work).await??)
}
