//! The folder of an export. What is written lies in `.export` until it is whole; there, too, is noted which bundles are done, so that
//! a run that follows one that died goes on where it stopped.
//!
//! What is here blocks for a moment; only the command line calls it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use governance::hash::Hash32;
use governance::id::ProposalId;
use sha2::{Digest as _, Sha256};
use wire::public_record::{DECISIONS_FOLDER, LOG_FOLDER, PublicRecord, RECORD_FILE, RecordedDecision};

use super::ready::Ready;
use super::{ExportFault, ExportMode};
use crate::services::log::folder::{FolderFault, make_folder, sync};

/// Where files are written before they are moved to their place. It is there only while an export runs, or after one died.
const WORK: &str = ".export";
/// The bundles that lie in their place and that `coop.json` does not list yet, one on a line, behind the namespace.
const JOURNAL: &str = "journal";
/// Where a file is written.
const DRAFT: &str = "draft";

/// The folder.
pub(super) struct ExportFolder {
    path: PathBuf,
    namespace: Hash32,
    mode: ExportMode,
    /// Held until the end, so that no other run writes here.
    _lock: Option<File>,
    /// What `coop.json` holds.
    record: Option<Vec<u8>>,
    decisions: BTreeMap<ProposalId, RecordedDecision>,
    /// Whether a run died here. It may have moved a bundle to its place and not noted it.
    is_doubtful: bool,
    journal: Option<File>,
}

/// A file being written.
pub(super) struct Draft {
    folder: PathBuf,
    path: PathBuf,
    file: File,
}

impl ExportFolder {
    /// Opens the folder, which may not be there yet, for the co-op with this namespace.
    ///
    /// # Errors
    /// If it holds something else, another run writes there, or it cannot be used.
    pub(super) fn open(path: &Path, namespace: Hash32, mode: ExportMode) -> Result<Self, ExportFault> {
        let lock = match mode {
            ExportMode::Preview => None,
            ExportMode::Write => {
                make_folder(path)?;
                Some(lock(path)?)
            }
        };
        let mut folder = Self {
            path: path.to_path_buf(),
            namespace,
            mode,
            _lock: lock,
            record: read(&path.join(RECORD_FILE))?,
            decisions: BTreeMap::new(),
            is_doubtful: path.join(WORK).exists(),
            journal: None,
        };
        match &folder.record {
            Some(bytes) => {
                let record: PublicRecord = serde_json::from_slice(bytes).map_err(|error| {
                    not_ours(
                        path,
                        format_args!("{RECORD_FILE} cannot be read ({error}); remove it to list all anew"),
                    )
                })?;
                if record.namespace != namespace {
                    return Err(not_ours(
                        path,
                        format_args!("it is the record of {}, another co-op", record.slug),
                    ));
                }
                folder.decisions = record.decisions.into_iter().map(|one| (one.proposal, one)).collect();
            }
            None => refuse_others(path)?,
        }
        folder.read_journal()?;
        Ok(folder)
    }

    /// Whether the bundle of a decision lies here with the evidence that there is now.
    pub(super) fn keeps(&self, ready: &Ready) -> bool {
        let known = self.decisions.get(&ready.proposal);
        known.is_some_and(|known| {
            known.evidence == ready.evidence
                && self.has(&known.path(), known.bytes)
                && (!self.is_doubtful || self.holds(known))
        })
    }

    /// Whether the bundle that lies here is the one that was noted.
    fn holds(&self, known: &RecordedDecision) -> bool {
        let hash = || {
            let file = File::open(self.path.join(known.path()))?;
            let (mut hasher, mut file) = (Sha256::new(), BufReader::new(file));
            loop {
                let bytes = file.fill_buf()?;
                let count = bytes.len();
                if count == 0 {
                    return io::Result::Ok(Hash32::from_bytes(hasher.finalize().into()));
                }
                hasher.update(bytes);
                file.consume(count);
            }
        };
        hash().is_ok_and(|hash| hash == known.sha256)
    }

    /// Whether a file lies here and has this length.
    pub(super) fn has(&self, name: &str, bytes: u64) -> bool {
        fs::symlink_metadata(self.path.join(name)).is_ok_and(|found| found.is_file() && found.len() == bytes)
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FolderFault> {
        read(&self.path.join(name))
    }

    /// Whether anything is written.
    pub(super) const fn mode(&self) -> ExportMode {
        self.mode
    }

    /// Begins a file; `None` where nothing is to be written.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn draft(&mut self) -> Result<Option<Draft>, FolderFault> {
        if self.mode == ExportMode::Preview {
            return Ok(None);
        }
        self.begin()?;
        Draft::new(&self.path).map(Some)
    }

    /// Writes a file to its place.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), FolderFault> {
        let mut draft = Draft::new(&self.path)?;
        draft.write(bytes)?;
        draft.move_to(name)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub(super) fn remove(&self, name: &str) -> Result<(), FolderFault> {
        let path = self.path.join(name);
        fs::remove_file(&path).map_err(|cause| unreachable(&path, cause))
    }

    /// Removes a folder in which nothing is left.
    pub(super) fn remove_if_empty(&self, name: &str) {
        // One that is not empty stays, which is what is wanted.
        let _ = fs::remove_dir(self.path.join(name));
    }

    /// The files in a folder below this one, by their paths from here, and the folders.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn list(&self, name: &str) -> Result<(Vec<String>, Vec<String>), FolderFault> {
        let path = self.path.join(name);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
            Err(cause) => return Err(unreachable(&path, cause)),
        };
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        for entry in entries {
            let entry = entry.map_err(|cause| unreachable(&path, cause))?;
            let below = format!("{name}/{}", entry.file_name().to_string_lossy());
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder { &mut folders } else { &mut files }.push(below);
        }
        Ok((files, folders))
    }

    /// Notes that a bundle lies in its place.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn note(&mut self, decision: RecordedDecision) -> Result<(), ExportFault> {
        let line = serde_json::to_string(&decision).map_err(|error| ExportFault::Failed(error.into()))?;
        let path = self.path.join(WORK).join(JOURNAL);
        if let Some(journal) = &mut self.journal {
            writeln!(journal, "{line}")
                .and_then(|()| journal.sync_data())
                .map_err(|cause| unreachable(&path, cause))?;
        }
        self.decisions.insert(decision.proposal, decision);
        Ok(())
    }

    /// The decisions whose bundles lie here.
    pub(super) fn decisions(&self) -> Vec<RecordedDecision> {
        let lie_here = |one: &&RecordedDecision| self.has(&one.path(), one.bytes);
        self.decisions.values().filter(lie_here).copied().collect()
    }

    /// Writes the list of what is here, if it changed, and removes what only the run needed; whether it changed.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn finish(&mut self, record: &PublicRecord) -> Result<bool, ExportFault> {
        let mut bytes = serde_json::to_vec_pretty(record).map_err(|error| ExportFault::Failed(error.into()))?;
        bytes.push(b'\n');
        let is_new = self.record.as_ref() != Some(&bytes);
        if is_new {
            self.put(RECORD_FILE, &bytes)?;
        }
        self.journal = None;
        let work = self.path.join(WORK);
        match fs::remove_dir_all(&work) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => Err(unreachable(&work, cause).into()),
            Ok(()) | Err(_) => Ok(is_new),
        }
    }

    /// Opens the journal for what is written from now on.
    fn begin(&mut self) -> Result<(), FolderFault> {
        if self.journal.is_some() {
            return Ok(());
        }
        let work = self.path.join(WORK);
        make_folder(&work)?;
        let path = work.join(JOURNAL);
        let opened = (|| {
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            // A line of its own, also behind one that a death cut off.
            write!(file, "\n{}\n", self.namespace)?;
            file.sync_all()?;
            Ok(file)
        })();
        self.journal = Some(opened.map_err(|cause| unreachable(&path, cause))?);
        sync(&work)
    }

    /// Takes up what a run that died had done. A line that it did not end counts as not written.
    fn read_journal(&mut self) -> Result<(), ExportFault> {
        let Some(bytes) = read(&self.path.join(WORK).join(JOURNAL))? else {
            return Ok(());
        };
        for line in String::from_utf8_lossy(&bytes).lines() {
            if let Ok(namespace) = line.parse::<Hash32>() {
                if namespace != self.namespace {
                    return Err(not_ours(
                        &self.path,
                        format_args!("an export of another co-op broke off here"),
                    ));
                }
            } else if let Ok(decision) = serde_json::from_str::<RecordedDecision>(line) {
                self.decisions.insert(decision.proposal, decision);
            }
        }
        Ok(())
    }
}

impl Draft {
    fn new(folder: &Path) -> Result<Self, FolderFault> {
        let work = folder.join(WORK);
        make_folder(&work)?;
        let path = work.join(DRAFT);
        let file = File::create(&path).map_err(|cause| unreachable(&path, cause))?;
        Ok(Self {
            folder: folder.to_path_buf(),
            path,
            file,
        })
    }

    /// Writes on.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), FolderFault> {
        self.file
            .write_all(bytes)
            .map_err(|cause| unreachable(&self.path, cause))
    }

    /// Forces it to disk and moves it to its place.
    ///
    /// # Errors
    /// If it cannot be moved.
    pub(super) fn move_to(self, name: &str) -> Result<(), FolderFault> {
        let to = self.folder.join(name);
        let parent = to.parent().unwrap_or(&self.folder);
        make_folder(parent)?;
        self.file
            .sync_all()
            .and_then(|()| fs::rename(&self.path, &to))
            .map_err(|cause| unreachable(&to, cause))?;
        sync(parent)
    }
}

/// A folder is not a place of exports yet: nothing else may lie there.
fn refuse_others(path: &Path) -> Result<(), ExportFault> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(unreachable(path, cause).into()),
    };
    for entry in entries {
        let name = entry.map_err(|cause| unreachable(path, cause))?.file_name();
        if ![LOG_FOLDER, DECISIONS_FOLDER, WORK].iter().any(|own| name == *own) {
            let name = name.to_string_lossy();
            return Err(not_ours(
                path,
                format_args!("it holds {name} and no {RECORD_FILE}; name an empty folder"),
            ));
        }
    }
    Ok(())
}

fn lock(path: &Path) -> Result<File, ExportFault> {
    let folder = File::open(path).map_err(|cause| unreachable(path, cause))?;
    match folder.try_lock() {
        Ok(()) => Ok(folder),
        Err(TryLockError::WouldBlock) => Err(ExportFault::Held),
        Err(TryLockError::Error(cause)) => Err(unreachable(path, cause).into()),
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, FolderFault> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(unreachable(path, cause)),
    }
}

fn unreachable(path: &Path, cause: io::Error) -> FolderFault {
    FolderFault::Unreachable {
        path: path.to_path_buf(),
        cause,
    }
}

fn not_ours(path: &Path, why: std::fmt::Arguments<'_>) -> ExportFault {
    ExportFault::NotOurs(format!("{} is not a folder to export to: {why}", path.display()))
}
