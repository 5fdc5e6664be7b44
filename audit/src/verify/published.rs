//! The log as it is published, beside the checkpoint of the bundle: is it one log?

use governance::log::note::{NOTE_BYTES_MAX, VerifierKey};
use governance::log::proof::{HashReader as _, TreeHead, inclusion_plan, verify_inclusion};
use governance::log::tile::TileHashes;
use governance::log::{Checkpoint, Node};
use wire::bundle::Section;

use super::places::Places;
use crate::log::{LogSource, Tiles, root_within};
use crate::report::{At, FINDINGS_MAX, FindingKind, Ledger};

const CONTINUES: &str = "the published log continues the checkpoint of the bundle";

/// The published log, as the auditor named it.
pub(super) struct Published<'a> {
    pub(super) source: &'a LogSource,
    /// As the auditor wrote it.
    pub(super) name: &'a str,
    pub(super) key: &'a VerifierKey,
}

impl Published<'_> {
    /// Whether the newest checkpoint there and the one of the bundle are of one history; gives the newest one if so.
    pub(super) fn compare(&self, ledger: &mut Ledger, (line, own): (u64, TreeHead)) -> Option<TreeHead> {
        let at = At::log(Section::Checkpoint).line(line);
        let name = self.name;
        let note = match self.source.read("checkpoint", NOTE_BYTES_MAX) {
            Ok(note) => note,
            Err(fault) => {
                ledger.missing(at, format!("the checkpoint of {name}: {fault}"));
                return None;
            }
        };
        let newest = match Checkpoint::open(&note, self.key) {
            Ok((newest, _)) => newest.head(),
            Err(refusal) => {
                let text = format!("the checkpoint of {name} is not one of this log: {refusal}");
                ledger.hold(at, CONTINUES, false, || text);
                return None;
            }
        };
        let contradiction = self.contradiction(own, newest);
        match contradiction {
            Ok(None) => ledger.hold(at, CONTINUES, true, String::new),
            Ok(Some(text)) => {
                ledger.hold(at, CONTINUES, false, || text);
                return None;
            }
            Err(text) => {
                ledger.missing(at, text);
                return None;
            }
        }
        Some(newest)
    }

    /// What contradicts, if anything does; the error is what is missing to know.
    fn contradiction(&self, own: TreeHead, newest: TreeHead) -> Result<Option<String>, String> {
        let (size, name) = (own.size, self.name);
        if newest.size < size {
            return Ok(Some(format!(
                "the bundle's checkpoint has {size} entries and that of {name} has {}: the log was cut, or this is an old copy of it. \
                 With a later checkpoint of the log, fork-proof can prove it",
                newest.size
            )));
        }
        if newest.size == size {
            return Ok((newest.root != own.root).then(|| {
                format!(
                    "a split view: the log's key signed two roots for {size} entries, {} in the bundle and {} in {name}; fork-proof \
                     proves it",
                    own.root, newest.root
                )
            }));
        }
        match root_within(self.source, size, newest) {
            Ok((root, _)) if root == own.root => Ok(None),
            Ok((root, _)) => Ok(Some(format!(
                "a rewritten history: at {size} entries the log in {name} (now {}) has the root {root}, and the bundle's checkpoint \
                 says {}; the key signed both, and fork-proof proves it",
                newest.size, own.root
            ))),
            Err(finding) => match finding.kind {
                FindingKind::Contradiction | FindingKind::Missing => {
                    Err(format!("{name}, {}: {}", finding.file, finding.text))
                }
            },
        }
    }

    /// Names the records that are not in the published log where the bundle says, as far as the log's tiles prove it.
    pub(super) fn name_wrong_records(&self, ledger: &mut Ledger, places: &Places, newest: TreeHead) {
        let tiles = Tiles {
            source: self.source,
            size: newest.size,
        };
        let mut hashes = TileHashes::new(tiles, newest.size);
        let mut named = 0;
        for ((index, leaf), at) in places.claims() {
            // A log that cannot be read further is not asked again for each record.
            let Ok(held) = hashes.read(Node { level: 0, index }) else {
                return;
            };
            if held == leaf {
                continue;
            }
            // A tile says what it likes; only what leads to the signed root is held against the bundle.
            let Some(plan) = inclusion_plan(index, newest.size) else {
                continue;
            };
            let proof = plan.make(&mut hashes).unwrap_or_default();
            if verify_inclusion(held, index, newest, &proof).is_ok() {
                let text = format!(
                    "the log holds another record at #{index} than this one: it was changed or added, or stands elsewhere"
                );
                Places::fail(ledger, at, text);
                named += 1;
            }
            if named > FINDINGS_MAX {
                return;
            }
        }
    }
}
