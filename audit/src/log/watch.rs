//! Watching a log: nothing that was remembered is removed or changed, and the tiles are what the entries give.

use std::path::Path;

use governance::hash::Hash32;
use governance::log::note::NOTE_BYTES_MAX;
use governance::log::proof::{TreeHead, inclusion_plan, verify_inclusion};
use governance::log::tile::{TileHashes, TileReader, bundle_parse, growth};
use governance::log::tree::empty_root;
use governance::log::{Checkpoint, LogEntry, Tile, TileBuilder, TileFile, TileKind, VerifierKey};
use serde::Serialize;

use super::source::Tiles;
use super::state::{self, Remembered, StateFault};
use super::{HOLDS, Head, LogFinding, LogSource};

/// What is watched.
#[derive(Debug)]
pub struct WatchRequest<'a> {
    /// Where the log is published.
    pub source: &'a LogSource,
    /// The log's key; its name is the log's origin.
    pub key: &'a VerifierKey,
    /// The file in which the last processed checkpoint is remembered.
    pub state: &'a Path,
    /// Process at most so many new entries.
    pub entries_max: u64,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatchReport {
    /// The origin of the log.
    pub origin: String,
    /// What was remembered from before; nothing at the first look.
    pub remembered: Option<Head>,
    /// What the log says of itself now.
    pub seen: Option<Head>,
    /// How many entries are new and were hashed again.
    pub entries: u64,
    /// How many tiles and entry bundles were compared with what the entries give.
    pub tiles: u64,
    /// Whether the new checkpoint was remembered; it is only where nothing is wrong or missing.
    pub is_saved: bool,
    /// What is wrong or missing; the first such thing ends the look.
    pub findings: Vec<LogFinding>,
    /// The exit status: 0 the log holds what was remembered and nothing is wrong, 1 a contradiction, 2 evidence is missing.
    pub status: u8,
}

/// Looks at the log once. The checkpoint is remembered after everything since the last one was processed, never before.
///
/// # Errors
/// [`StateFault`] if the file of the remembered checkpoint cannot be used; what the log says is in the report.
pub fn watch(request: &WatchRequest<'_>) -> Result<WatchReport, StateFault> {
    watch_telling(request, &mut |_, _| ())
}

/// As [`watch`], and tells `tell` for each new entry how many were read and how many there are.
///
/// # Errors
/// As [`watch`].
pub fn watch_telling(request: &WatchRequest<'_>, tell: &mut dyn FnMut(u64, u64)) -> Result<WatchReport, StateFault> {
    let remembered = state::load(request.state, request.key)?;
    let mut report = WatchReport {
        origin: request.key.name().to_owned(),
        remembered: remembered.as_ref().map(|remembered| remembered.head.into()),
        seen: None,
        entries: 0,
        tiles: 0,
        is_saved: false,
        findings: Vec::new(),
        status: HOLDS,
    };
    match look(request, remembered.as_ref(), &mut report, tell) {
        Ok(note) => {
            if remembered.is_none_or(|remembered| remembered.note != note) {
                state::save(request.state, &note)?;
                report.is_saved = true;
            }
        }
        Err(finding) => {
            report.status = finding.status();
            report.findings.push(finding);
        }
    }
    Ok(report)
}

/// Processes all that is new, and gives the bytes of the note that says so.
fn look(
    request: &WatchRequest<'_>,
    remembered: Option<&Remembered>,
    report: &mut WatchReport,
    tell: &mut dyn FnMut(u64, u64),
) -> Result<Vec<u8>, LogFinding> {
    let note = request.source.read(CHECKPOINT, NOTE_BYTES_MAX);
    let note = note.map_err(|fault| LogFinding::missing(CHECKPOINT, fault))?;
    let opened = Checkpoint::open(&note, request.key);
    let (checkpoint, _) = opened.map_err(|refusal| LogFinding::contradiction(CHECKPOINT, refusal))?;
    let (old, new) = (
        remembered.map_or_else(nothing, |remembered| remembered.head),
        checkpoint.head(),
    );
    report.seen = Some(new.into());
    compare_heads(old, new)?;
    let added = new.size.saturating_sub(old.size);
    if added > request.entries_max {
        let text = format!(
            "{added} entries are new, and {} are processed at once",
            request.entries_max
        );
        return Err(LogFinding::missing(CHECKPOINT, text));
    }
    let mut processed = Processed::default();
    let recomputed = recompute(request.source, old, new, &mut processed, &mut |number, _| {
        tell(number.saturating_sub(old.size), added);
    });
    (report.entries, report.tiles) = (processed.entries, processed.tiles);
    recomputed.map(|()| note)
}

/// How much of a log was processed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Processed {
    /// Entries that were hashed.
    pub(crate) entries: u64,
    /// Tiles and entry bundles that were compared with what the entries give.
    pub(crate) tiles: u64,
}

/// Reads every entry of a log with this size and root, in their order and one bundle at a time, and compares each tile and the root
/// with what comes out.
///
/// # Errors
/// The first thing that is wrong or missing. What was told of entries until then is not what was signed.
pub(crate) fn read_all(
    source: &LogSource,
    signed: TreeHead,
    each: &mut dyn FnMut(u64, &LogEntry),
) -> Result<Processed, LogFinding> {
    let mut processed = Processed::default();
    recompute(source, nothing(), signed, &mut processed, each)?;
    Ok(processed)
}

/// The file of a log that names its size and root.
pub(crate) const CHECKPOINT: &str = "checkpoint";

/// What is remembered before the first look: every log begins with the empty one.
fn nothing() -> TreeHead {
    TreeHead {
        size: 0,
        root: empty_root(),
    }
}

fn compare_heads(old: TreeHead, new: TreeHead) -> Result<(), LogFinding> {
    if new.size < old.size {
        let text = format!(
            "the log had {} entries and now has {}: entries were removed, or this is an old copy",
            old.size, new.size
        );
        return Err(LogFinding::contradiction(CHECKPOINT, text));
    }
    if new.size == old.size && new.root != old.root {
        let text = format!(
            "the log has another root at {} entries than was remembered; the remembered note and this one are a fork-proof",
            new.size
        );
        return Err(LogFinding::contradiction(CHECKPOINT, text));
    }
    Ok(())
}

/// Goes on from the remembered tree with every new entry, compares each tile with what comes out, and at last the root.
fn recompute(
    source: &LogSource,
    old: TreeHead,
    new: TreeHead,
    processed: &mut Processed,
    each: &mut dyn FnMut(u64, &LogEntry),
) -> Result<(), LogFinding> {
    let mut tiles = Tiles { source, size: new.size };
    let mut builder = TileBuilder::resume(old.size, &mut tiles)?;
    if builder.root() != old.root {
        let text = format!(
            "the first {} entries are no longer those that were remembered",
            old.size
        );
        return Err(LogFinding::contradiction("tile", text));
    }
    let bundles = growth(old.size, new.size).filter(|tile| tile.kind() == TileKind::Entries);
    for bundle in bundles {
        for entry in new_entries(&mut tiles, bundle, old.size)? {
            each(builder.size(), &entry);
            builder.push(entry);
            processed.entries = processed.entries.saturating_add(1);
        }
        for file in builder.take_full_files() {
            compare_tile(&mut tiles, &file, new, processed)?;
        }
    }
    for file in builder.take_files() {
        compare_tile(&mut tiles, &file, new, processed)?;
    }
    if builder.root() != new.root {
        let text = format!("the {} entries do not give the root that was signed", new.size);
        return Err(LogFinding::contradiction(CHECKPOINT, text));
    }
    Ok(())
}

/// The entries of a bundle from number `from` on.
fn new_entries(tiles: &mut Tiles<'_>, bundle: Tile, from: u64) -> Result<Vec<LogEntry>, LogFinding> {
    let bytes = tiles
        .read_tile(bundle)
        .map_err(|fault| LogFinding::missing(bundle, fault))?;
    let entries = bundle_parse(&bytes, bundle.width()).map_err(|refusal| LogFinding::contradiction(bundle, refusal))?;
    let known = usize::try_from(from.saturating_sub(bundle.first_item())).unwrap_or(usize::MAX);
    let parsed: Option<Vec<_>> = entries.into_iter().skip(known).map(LogEntry::parse).collect();
    parsed.ok_or_else(|| LogFinding::contradiction(bundle, "an entry is not an entry of a co-op's log"))
}

fn compare_tile(
    tiles: &mut Tiles<'_>,
    file: &TileFile,
    signed: TreeHead,
    processed: &mut Processed,
) -> Result<(), LogFinding> {
    let bytes = tiles
        .read_tile(file.tile)
        .map_err(|fault| LogFinding::missing(file.tile, fault))?;
    if bytes != file.bytes {
        let text = "the tile is not what the entries give";
        let finding = changed_entry(tiles, file, &bytes, signed);
        return Err(finding.unwrap_or_else(|| LogFinding::contradiction(file.tile, text)));
    }
    processed.tiles = processed.tiles.saturating_add(1);
    Ok(())
}

/// Where a tile of leaves and the entries differ, one of the two was changed. It is the entry if the tile's leaf leads to the
/// signed root.
fn changed_entry(tiles: &Tiles<'_>, file: &TileFile, found: &[u8], signed: TreeHead) -> Option<LogFinding> {
    if file.tile.kind() != (TileKind::Hashes { level: 0 }) {
        return None;
    }
    let (leaves, expected) = (found.as_chunks::<32>().0, file.bytes.as_chunks::<32>().0);
    let mut pairs = (file.tile.first_item()..).zip(leaves.iter().zip(expected));
    let (number, (leaf, _)) = pairs.find(|(_, (leaf, expected))| leaf != expected)?;
    let mut hashes = TileHashes::new(
        Tiles {
            source: tiles.source,
            size: signed.size,
        },
        signed.size,
    );
    let proof = inclusion_plan(number, signed.size)?.make(&mut hashes).ok()?;
    verify_inclusion(Hash32::from_bytes(*leaf), number, signed, &proof).ok()?;
    let bundle = Tile::new(TileKind::Entries, file.tile.index(), file.tile.width())?;
    let text = format!(
        "entry {number} is not the one that was signed; its leaf in {} is",
        file.tile
    );
    Some(LogFinding::contradiction(bundle, text))
}
