//! The public record of a co-op as files that any web server can serve: its published log, and a bundle for each decision.
//!
//! Nothing is in it that a member could not download one by one. It is written so that it can be read at any moment and a run that
//! dies is followed by one that goes on: every file is written beside its place and moved there; bundles first, then the tiles of
//! the log, then its checkpoint, and `coop.json` last. So the log in the folder covers every bundle in it.

mod files;
mod folder;
mod ready;

use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use governance::hash::Hash32;
use governance::id::{CoopId, ProposalId};
use governance::log::VerifierKey;
use sha2::{Digest as _, Sha256};
use store::StoreError;
use store::coop::{CoopRow, coop_get, coop_of_slug};
use wire::public_record::{self, PublicRecord, RecordedDecision};

use self::files::Copying;
use self::folder::{Draft, ExportFolder};
use self::ready::{Ready, Standing, standing};
use crate::app::App;
use crate::problem::Problem;
use crate::services::bundles::{BundleFault, bundle_for_export};
use crate::services::coops;
use crate::services::log::folder::{FolderFault, LogFolder};

/// How often it is looked again for decisions that were published while others were written.
const ROUNDS_MAX: usize = 16;

/// Whether to do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportMode {
    /// Only say what would be written.
    Preview,
    /// Write it.
    Write,
}

/// What just happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportStep {
    /// So many bundles are to be written.
    Planned {
        /// How many.
        bundles: usize,
    },
    /// A part of a bundle was written.
    Piece {
        /// Which bundle, from 1.
        number: usize,
        /// How many bytes it has so far.
        bytes: u64,
    },
    /// A bundle lies in its place.
    BundleMoved,
    /// And it is noted, so that a run that follows need not write it again.
    BundleNoted,
    /// A tile lies in its place.
    TileMoved {
        /// Which one, from 1.
        number: usize,
        /// Of how many.
        tiles: usize,
    },
    /// The checkpoint was replaced.
    CheckpointMoved,
    /// `coop.json` was replaced.
    RecordMoved,
}

/// What was written, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportReport {
    /// Bundles that were written.
    pub bundles: usize,
    /// Their bytes.
    pub bundle_bytes: u64,
    /// Bundles that were as they should be.
    pub bundles_kept: usize,
    /// Decisions whose result is published and that no published checkpoint covers yet; a later run writes them.
    pub waiting: usize,
    /// Tiles of the log that were copied.
    pub tiles: usize,
    /// Their bytes.
    pub tile_bytes: u64,
    /// The size of the log in the folder.
    pub log_size: u64,
    /// Partial tiles that a wider one replaced and that were removed.
    pub tiles_removed: usize,
    /// Whether anything was written or removed at all.
    pub is_changed: bool,
    /// Bundles that could not be written, each with why. Those that lay there before lie there still.
    pub failed: Vec<(ProposalId, String)>,
}

/// Why there is no export. What was there before is as it was, but for bundles and tiles that were written until then.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    /// There is no such co-op.
    #[error("the database has no co-op with this short name")]
    NoCoop,
    /// Nothing is published yet.
    #[error("no checkpoint of this co-op's log is published yet; start the worker, and look at log.folder")]
    NoLog,
    /// The folder is in use for something else.
    #[error("{0}")]
    NotOurs(String),
    /// Another run writes there.
    #[error("another export is writing to this folder")]
    Held,
    /// The published log does not continue the one that was exported.
    #[error(
        "the log in the folder has {exported} entries and the published log {published}, which does not continue it. Was the \
         published log put back from an older copy? See docs/operator/log.md; nothing of the log was replaced"
    )]
    Contradicts {
        /// The size of the exported log.
        exported: u64,
        /// The size of the published log.
        published: u64,
    },
    /// A published file is not there.
    #[error("the published file {0} is missing or has the wrong length; look at log.folder")]
    Lacking(String),
    /// Files cannot be read or written.
    #[error(transparent)]
    Files(#[from] FolderFault),
    /// The database failed, or something else.
    #[error("the export failed")]
    Failed(#[source] anyhow::Error),
}

impl From<StoreError> for ExportFault {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Problem> for ExportFault {
    fn from(problem: Problem) -> Self {
        Self::Failed(anyhow!("{problem}: {}", problem.detail()))
    }
}

/// Whose record is exported, and from where.
struct Source {
    app: Arc<App>,
    coop: CoopId,
    row: CoopRow,
    namespace: Hash32,
    key: VerifierKey,
    log: LogFolder,
}

/// Brings the public record of the co-op with this short name in a folder up to date. `tell` is called at every step.
///
/// # Errors
/// [`ExportFault`]. A single bundle that cannot be written is none; it stands in the report.
pub async fn export(
    app: Arc<App>,
    slug: &str,
    to: &Path,
    mode: ExportMode,
    tell: &mut (dyn FnMut(ExportStep) + Send),
) -> Result<ExportReport, ExportFault> {
    let source = source(app, slug).await?;
    let mut folder = ExportFolder::open(to, source.namespace, mode)?;
    let mut report = ExportReport::default();
    for _ in 0..ROUNDS_MAX {
        let now = standing(&source.app, source.coop).await?;
        let stale = compare(&folder, &now, &mut report);
        if stale.is_empty() && report.log_size > 0 {
            break;
        }
        tell(ExportStep::Planned { bundles: stale.len() });
        for (place, ready) in stale.iter().enumerate() {
            bundle(&source, &mut folder, ready, place.saturating_add(1), &mut report, tell).await?;
        }
        let copying = Copying {
            from: &source.log,
            key: &source.key,
            to: &folder,
        };
        copying.run(&mut report, tell)?;
        if mode == ExportMode::Preview {
            report.is_changed |= report.bundles > 0;
            return Ok(report);
        }
    }
    if folder.finish(&record(&source, &folder))? {
        tell(ExportStep::RecordMoved);
        report.is_changed = true;
    }
    Ok(report)
}

async fn source(app: Arc<App>, slug: &str) -> Result<Source, ExportFault> {
    let mut tx = app.store.global_tx("export_coop").await?;
    let coop = coop_of_slug(&mut tx, slug).await?;
    tx.commit().await?;
    let coop = coop.ok_or(ExportFault::NoCoop)?;
    let mut tx = app.store.coop_tx("export_coop", coop).await?;
    let row = coop_get(&mut tx).await?.ok_or(ExportFault::NoCoop)?;
    tx.commit().await?;
    let namespace = coops::namespace(&row)?;
    Ok(Source {
        key: crate::services::log::verifier_key(&app, namespace).map_err(ExportFault::Failed)?,
        log: LogFolder::of(&app.config.log.folder, namespace),
        namespace,
        row,
        coop,
        app,
    })
}

/// The decisions whose bundle is not in the folder as it should be. One that failed is not tried again in this run.
fn compare<'a>(folder: &ExportFolder, now: &'a Standing, report: &mut ExportReport) -> Vec<&'a Ready> {
    let has_failed = |ready: &Ready| report.failed.iter().any(|(proposal, _)| *proposal == ready.proposal);
    let (kept, stale): (Vec<&Ready>, Vec<&Ready>) = now.ready.iter().partition(|ready| folder.keeps(ready));
    let stale: Vec<&Ready> = stale.into_iter().filter(|ready| !has_failed(ready)).collect();
    if report.log_size == 0 {
        report.bundles_kept = kept.len();
    }
    report.waiting = now.waiting;
    stale
}

/// Writes one bundle, and notes it.
async fn bundle(
    source: &Source,
    folder: &mut ExportFolder,
    ready: &Ready,
    number: usize,
    report: &mut ExportReport,
    tell: &mut (dyn FnMut(ExportStep) + Send),
) -> Result<(), ExportFault> {
    let failed = |report: &mut ExportReport, why: String| {
        tracing::error!(proposal.id = %ready.proposal, error.cause = why, "a bundle could not be exported");
        report.failed.push((ready.proposal, why));
        Ok(())
    };
    let mut bundle = match bundle_for_export(Arc::clone(&source.app), source.coop, ready.proposal).await {
        Ok(bundle) => bundle,
        Err(problem) => return failed(report, format!("{problem}: {}", problem.detail())),
    };
    let mut draft = folder.draft()?;
    let (mut hasher, mut bytes) = (Sha256::new(), 0_u64);
    while let Some(piece) = bundle.pieces.recv().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(fault) => return failed(report, chain(&fault)),
        };
        draft.as_mut().map_or(Ok(()), |draft: &mut Draft| draft.write(&piece))?;
        hasher.update(&piece);
        bytes = bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        tell(ExportStep::Piece { number, bytes });
    }
    let decision = RecordedDecision {
        proposal: ready.proposal,
        bytes,
        sha256: Hash32::from_bytes(hasher.finalize().into()),
        evidence: ready.evidence,
    };
    report.bundles = report.bundles.saturating_add(1);
    report.bundle_bytes = report.bundle_bytes.saturating_add(bytes);
    let Some(draft) = draft else { return Ok(()) };
    draft.move_to(&decision.path())?;
    tell(ExportStep::BundleMoved);
    folder.note(decision)?;
    tell(ExportStep::BundleNoted);
    report.is_changed = true;
    Ok(())
}

fn chain(fault: &BundleFault) -> String {
    crate::causes::chain(fault)
}

fn record(source: &Source, folder: &ExportFolder) -> PublicRecord {
    PublicRecord {
        format: public_record::FORMAT.to_owned(),
        version: public_record::VERSION,
        coop: source.coop,
        slug: source.row.slug.clone(),
        name: source.row.name.clone(),
        namespace: source.namespace,
        origin: source.key.name().to_owned(),
        log_key: source.key.to_string(),
        server_key: source.app.secrets.server_key().to_string(),
        decisions: folder.decisions(),
    }
}
