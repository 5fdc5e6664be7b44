//! What the folder says of itself: `coop.json`, and which files lie beside it. All of it is whatever its author wrote.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufReader, Read, Sink};
use std::path::{Path, PathBuf};

use governance::hash::Hash32;
use governance::log::VerifierKey;
use governance::signature::{PublicKey, SignatureKind};
use sha2::{Digest, Sha256};
use wire::public_record::{
    BUNDLE_EXTENSION, DECISIONS_FOLDER, FORMAT, PublicRecord, RECORD_FILE, RecordedDecision, VERSION,
};

use super::FolderFinding;

/// The largest list of decisions that is read, in bytes: some 200,000 decisions.
const RECORD_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The list, and what in it could be read.
pub(super) struct Listing {
    pub(super) record: PublicRecord,
    pub(super) log_key: VerifierKey,
    pub(super) server_key: PublicKey,
}

/// Reads the list.
///
/// # Errors
/// Why the folder cannot be checked at all.
pub(super) fn read(folder: &Path) -> Result<Listing, FolderFinding> {
    let wrong = |text: String| FolderFinding::contradiction(RECORD_FILE, text);
    let bytes = read_record(&folder.join(RECORD_FILE))?;
    let record: PublicRecord =
        serde_json::from_slice(&bytes).map_err(|error| wrong(format!("it cannot be read: {error}")))?;
    if (record.format.as_str(), record.version) != (FORMAT, VERSION) {
        return Err(wrong(format!(
            "it is of the format {} {}, and this program knows {FORMAT} {VERSION}",
            record.format, record.version
        )));
    }
    let ascend = record.decisions.windows(2).all(|pair| match pair {
        [first, second] => first.proposal < second.proposal,
        _ => true,
    });
    if !ascend {
        return Err(wrong(
            "its decisions do not ascend, or one stands in it twice".to_owned(),
        ));
    }
    let log_key: VerifierKey = record
        .log_key
        .parse()
        .map_err(|error| wrong(format!("the key of the log cannot be read: {error}")))?;
    let namespace = record.namespace.to_string();
    let ending = namespace.strip_prefix("0x").unwrap_or(&namespace);
    let is_own = record
        .origin
        .strip_suffix(ending)
        .is_some_and(|rest| rest.ends_with('/'));
    if !is_own || log_key.name() != record.origin {
        return Err(wrong(
            "origin, key of the log and namespace do not belong together".to_owned(),
        ));
    }
    let server_key = PublicKey::parse_hex(SignatureKind::Session, &record.server_key)
        .map_err(|refusal| wrong(format!("the server's key cannot be read: {refusal}")))?;
    Ok(Listing {
        record,
        log_key,
        server_key,
    })
}

fn read_record(path: &Path) -> Result<Vec<u8>, FolderFinding> {
    let missing = |text: String| FolderFinding::missing(RECORD_FILE, text);
    let file = open(path).map_err(missing)?;
    let mut bytes = Vec::new();
    let read = file.take(RECORD_BYTES_MAX.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| missing(format!("it cannot be read: {error}")))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= RECORD_BYTES_MAX) {
        return Ok(bytes);
    }
    Err(missing(format!("it is larger than {RECORD_BYTES_MAX} bytes")))
}

/// Opens a file of the folder. A link is none: it could lead anywhere.
fn open(path: &Path) -> Result<File, String> {
    let metadata = fs::symlink_metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => "it is not there".to_owned(),
        _ => format!("it cannot be read: {error}"),
    })?;
    if !metadata.is_file() {
        return Err("it is not a file".to_owned());
    }
    File::open(path).map_err(|error| format!("it cannot be read: {error}"))
}

/// The names in the folder of bundles that the list does not have. At most so many.
pub(super) fn unlisted(folder: &Path, record: &PublicRecord, max: usize) -> Vec<String> {
    let listed: BTreeSet<String> = record
        .decisions
        .iter()
        .map(|decision| format!("{}.{BUNDLE_EXTENSION}", decision.proposal))
        .collect();
    let Ok(entries) = fs::read_dir(folder.join(DECISIONS_FOLDER)) else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.filter(|name| !listed.contains(name)).take(max).collect();
    names.sort_unstable();
    names
}

/// A bundle that is hashed as it is read.
pub(super) struct Listed {
    path: PathBuf,
    file: Hashing,
}

struct Hashing {
    file: File,
    hasher: Sha256,
    bytes: u64,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        self.bytes = self.bytes.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

impl Listed {
    /// Opens the bundle of a decision.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) fn open(folder: &Path, decision: &RecordedDecision) -> Result<Self, String> {
        let path = folder.join(decision.path());
        let file = open(&path)?;
        Ok(Self {
            path,
            file: Hashing {
                file,
                hasher: Sha256::new(),
                bytes: 0,
            },
        })
    }

    /// To be read.
    pub(super) fn reader(&mut self) -> BufReader<impl Read + '_> {
        BufReader::with_capacity(256 * 1024, &mut self.file)
    }

    /// Whether it is the file that the list means. What was not read yet is read now, as far as the list says the file goes.
    pub(super) fn is(mut self, decision: &RecordedDecision) -> bool {
        let length = fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        if length != decision.bytes {
            return false;
        }
        let rest = decision.bytes.saturating_sub(self.file.bytes);
        let mut sink: Sink = std::io::sink();
        let drained = std::io::copy(&mut (&mut self.file).take(rest), &mut sink);
        let hash = Hash32::from_bytes(self.file.hasher.finalize().into());
        drained.is_ok() && hash == decision.sha256
    }
}
