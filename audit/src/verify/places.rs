//! Where the log holds the records of the bundle: each at a place of its own, in the order in which they must have come, and all
//! of them under one signed root.
//!
//! Of each record its place, its leaf and the number of its line are kept: 44 bytes.

use std::sync::Arc;

use governance::log::cover::{Claim, CoverCheck};
use governance::log::note::VerifierKey;
use governance::log::proof::TreeHead;
use governance::log::{Checkpoint, CoverRefusal};
use wire::bundle::{COVER_HASHES_MAX, CheckpointLine, CoverLine, HeaderLine, Section};

use super::Options;
use crate::report::{At, Ledger};

const KEY: &str = "the log and its key are this co-op's";
const NAMED: &str = "the log's key is the one you named";
const PLACED: &str = "each record has a place of its own in the log";
const ORDER: &str = "records stand in the log in the order in which they must have come";
const SIGNED: &str = "the log's key signed the checkpoint";
const COVERED: &str = "the records lead to the root of the checkpoint";

/// The log, by the header.
#[derive(Clone)]
pub(super) struct TheLog {
    pub(super) key: VerifierKey,
}

/// The claims, shared between the check of the cover and who names a wrong one.
#[derive(Clone, Default)]
pub(super) struct Claims(Arc<Vec<Claim>>);

impl AsRef<[Claim]> for Claims {
    fn as_ref(&self) -> &[Claim] {
        &self.0
    }
}

/// How far the cover has come.
#[derive(Default)]
enum Cover {
    /// No hash of it was read.
    #[default]
    Waiting,
    Running(Box<CoverCheck<Claims>>),
    /// Nothing can come of it any more; why is told.
    Refused,
}

/// What came of the evidence of the log.
pub(super) enum Outcome {
    /// The bundle names no log.
    NoLog,
    /// Nothing is proved; why is told.
    Nothing,
    /// The checkpoint is the log's, but the records do not lead to its root.
    NotCovered(TreeHead),
    /// The tree of this checkpoint holds every record.
    Proved(TreeHead),
}

/// The places, as far as they were read.
#[derive(Default)]
pub(super) struct Places {
    names_log: bool,
    pub(super) log: Option<TheLog>,
    claims: Claims,
    /// The line of each claim. Once [`Self::settle`] was called, both are in the order of the places.
    lines: Vec<u32>,
    /// The first line of each section with claims.
    sections: Vec<(u32, Section)>,
    /// The first record without a place, and how many there are.
    unplaced: Option<(At, u64)>,
    pub(super) proposal: Option<u64>,
    pub(super) closed: Option<u64>,
    pub(super) tally: Option<u64>,
    /// The line of the checkpoint; with size and root where the log's key signed it.
    pub(super) checkpoint: Option<(u64, Option<TreeHead>)>,
    cover: Cover,
    /// Hashes of the cover that were read.
    pub(super) cover_hashes: u64,
}

impl Places {
    /// Whether places mean anything: the header names a log.
    pub(super) const fn names_log(&self) -> bool {
        self.names_log
    }

    /// Takes in whose log it is.
    pub(super) fn begin(&mut self, ledger: &mut Ledger, line: u64, header: &HeaderLine, options: &Options) {
        let at = At::log(Section::Header).line(line);
        let Some(log) = &header.log else {
            if options.log.is_some() || options.log_key.is_some() {
                ledger.missing(
                    at,
                    "the bundle names no log, so it cannot be looked for in one".to_owned(),
                );
            }
            return;
        };
        self.names_log = true;
        let key = log.key.parse::<VerifierKey>();
        ledger.hold(at, KEY, key.is_ok(), || {
            "the key of the log is not name, id and key, joined by plus signs".to_owned()
        });
        let namespace = header.namespace.to_string();
        let ending = namespace.strip_prefix("0x").unwrap_or(&namespace);
        let is_own = log.origin.strip_suffix(ending).is_some_and(|rest| rest.ends_with('/'));
        ledger.hold(at, KEY, is_own, || {
            "the origin of the log does not end with a slash and the namespace of the co-op".to_owned()
        });
        let Ok(key) = key else { return };
        ledger.hold(at, KEY, key.name() == log.origin, || {
            "the key is of another log than the origin".to_owned()
        });
        if let Some(named) = &options.log_key {
            ledger.hold(at, NAMED, *named == key, || {
                format!("the key of the log is {key}, you named {named}")
            });
        }
        self.log = is_own.then_some(TheLog { key });
    }

    /// Takes in the place of a record, or that it has none.
    pub(super) fn claim(&mut self, section: Section, line: u64, claim: Option<Claim>) {
        if !self.names_log {
            return;
        }
        let Some(claim) = claim else {
            let first = At::log(section).line(line);
            let (first, count) = self.unplaced.unwrap_or((first, 0));
            self.unplaced = Some((first, count.saturating_add(1)));
            return;
        };
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        if self.sections.last().is_none_or(|(_, last)| *last != section) {
            self.sections.push((line, section));
        }
        // Nobody shares them while records are read, so nothing is copied here.
        Arc::make_mut(&mut self.claims.0).push(claim);
        self.lines.push(line);
    }

    /// Notes that so many ballots are checked for their order.
    pub(super) fn made_order(&self, ledger: &mut Ledger, times: u64) {
        if self.names_log {
            ledger.made(At::log(Section::Ballot), ORDER, times);
        }
    }

    /// Takes in the place of a ballot. `before` is that of the voter's ballot before.
    pub(super) fn claim_ballot(&mut self, ledger: &mut Ledger, line: u64, claim: Option<Claim>, before: Option<u64>) {
        self.claim(Section::Ballot, line, claim);
        let Some((index, _)) = claim.filter(|_| self.names_log) else {
            return;
        };
        let at = At::log(Section::Ballot).line(line);
        if let Some(opened) = self.proposal.filter(|opened| index <= *opened) {
            let text =
                format!("the ballot stands at #{index} of the log, before the question, which stands at #{opened}");
            ledger.fail(at, ORDER, text);
        }
        if let Some(closed) = self.closed.filter(|closed| index >= *closed) {
            let text = format!("a late ballot: it stands at #{index} of the log, after the close at #{closed}");
            ledger.fail(at, ORDER, text);
        }
        if let Some(before) = before.filter(|before| index <= *before) {
            let text =
                format!("the ballot stands at #{index} of the log, before the one that it replaces, at #{before}");
            ledger.fail(at, ORDER, text);
        }
    }

    /// Takes in the place of a delegation or a proxy ballot, which must stand before the close.
    pub(super) fn claim_before_close(&mut self, ledger: &mut Ledger, at: At, claim: Option<Claim>) {
        self.claim(at.section, at.line.unwrap_or_default(), claim);
        let Some((index, _)) = claim.filter(|_| self.names_log) else {
            return;
        };
        let late = self.closed.filter(|closed| index >= *closed);
        let at = At::log(at.section).line(at.line.unwrap_or_default());
        ledger.hold(at, ORDER, late.is_none(), || {
            let closed = late.unwrap_or_default();
            format!("it stands at #{index} of the log, after the close at #{closed}")
        });
    }

    /// Checks the place of the tally, or of the question where there is no ballot, against that of the close.
    pub(super) fn check_close(&self, ledger: &mut Ledger) {
        let Some(closed) = self.closed.filter(|_| self.names_log) else {
            return;
        };
        for (section, index, follows) in [
            (Section::Proposal, self.proposal, false),
            (Section::Tally, self.tally, true),
        ] {
            let Some(index) = index else { continue };
            let holds = if follows { index > closed } else { index < closed };
            ledger.hold(At::log(section), ORDER, holds, || {
                let place = if follows { "before" } else { "after" };
                format!("the {section} stands at #{index} of the log, {place} the close at #{closed}")
            });
        }
    }

    /// Takes in the checkpoint.
    pub(super) fn take_checkpoint(&mut self, ledger: &mut Ledger, line: u64, checkpoint: &CheckpointLine) {
        let at = At::log(Section::Checkpoint).line(line);
        self.checkpoint = Some((line, None));
        if !self.names_log {
            let text = "there is a checkpoint, and the header names no log".to_owned();
            ledger.hold(at, SIGNED, false, || text);
            return;
        }
        // Without a key nothing can be said; that it is missing or wrong is said of the header.
        let Some(log) = &self.log else { return };
        let opened = Checkpoint::open(checkpoint.note.as_bytes(), &log.key);
        ledger.hold(at, SIGNED, opened.is_ok(), || {
            let refusal = opened.as_ref().err().map(ToString::to_string).unwrap_or_default();
            format!("the checkpoint is not one of the log {}: {refusal}", log.key.name())
        });
        let head = opened.ok().map(|(opened, _)| opened.head());
        self.checkpoint = Some((line, head));
        if let Some((first, count)) = self.unplaced {
            ledger.fail(
                first,
                PLACED,
                format!(
                    "the checkpoint is said to cover every record, and {count} have no place in the log, this one first"
                ),
            );
        }
    }

    /// Takes in the next hashes of the cover.
    pub(super) fn take_cover(&mut self, ledger: &mut Ledger, line: u64, cover: &CoverLine) {
        let at = At::log(Section::Cover).line(line);
        let bounds = 1..=COVER_HASHES_MAX;
        ledger.hold(at, COVERED, bounds.contains(&cover.hashes.len()), || {
            format!("a line of the cover holds 1 to {COVER_HASHES_MAX} hashes")
        });
        let count = u64::try_from(cover.hashes.len()).unwrap_or(u64::MAX);
        self.cover_hashes = self.cover_hashes.saturating_add(count);
        if matches!(self.cover, Cover::Waiting) {
            self.start_cover(ledger);
        }
        let Cover::Running(check) = &mut self.cover else { return };
        for hash in &cover.hashes {
            if let Err(refusal) = check.push(*hash) {
                self.cover = Cover::Refused;
                ledger.fail(at, COVERED, format!("{refusal}; what comes after is not looked at"));
                return;
            }
        }
    }

    fn start_cover(&mut self, ledger: &mut Ledger) {
        self.cover = Cover::Refused;
        let Some((_, Some(head))) = self.checkpoint else { return };
        if !self.settle(ledger, head.size) {
            return;
        }
        match CoverCheck::new(self.claims.clone(), head) {
            Ok(check) => self.cover = Cover::Running(Box::new(check)),
            Err(refusal) => ledger.hold(At::log(Section::Cover), COVERED, false, || refusal.to_string()),
        }
    }

    /// Puts the claims in the order of their places. False if a place lies outside the log, or is claimed twice.
    fn settle(&mut self, ledger: &mut Ledger, size: u64) -> bool {
        let claims = &self.claims.0;
        let mut order: Vec<u32> = (0..).take(claims.len()).collect();
        let at = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let index = |number: u32| claims.get(at(number)).map_or(u64::MAX, |(index, _)| *index);
        // Ties stay in the order of the lines.
        order.sort_by_key(|number| index(*number));
        let lines: Vec<u32> = order
            .iter()
            .map(|number| self.lines.get(at(*number)).copied().unwrap_or(0))
            .collect();
        drop(order);
        self.lines = lines;
        Arc::make_mut(&mut self.claims.0).sort_unstable_by_key(|(index, _)| *index);
        ledger.made(
            At::log(Section::Cover),
            PLACED,
            u64::try_from(self.lines.len()).unwrap_or(u64::MAX),
        );
        let mut is_fine = self.unplaced.is_none();
        let mut last: Option<(u64, u32)> = None;
        for ((index, _), line) in self.claims.0.iter().zip(&self.lines) {
            let (index, line) = (*index, *line);
            let at = self.at(line);
            if index >= size {
                is_fine = false;
                ledger.fail(
                    at,
                    PLACED,
                    format!("the place #{index} lies outside the checkpoint, which has {size} entries"),
                );
            }
            if let Some((_, first)) = last.filter(|(last, _)| *last == index) {
                is_fine = false;
                ledger.fail(
                    at,
                    PLACED,
                    format!("the place #{index} of the log is also that of line {first}"),
                );
            }
            last = Some((index, line));
        }
        is_fine
    }

    /// Where a claim stands in the bundle.
    fn at(&self, line: u32) -> At {
        let section = self.sections.iter().rev().find(|(first, _)| *first <= line);
        At::log(section.map_or(Section::Cover, |(_, section)| *section)).line(line.into())
    }

    /// The claims in the order of their places, each with where it stands in the bundle.
    pub(super) fn claims(&self) -> impl Iterator<Item = (Claim, At)> + '_ {
        self.claims
            .0
            .iter()
            .zip(&self.lines)
            .map(|(claim, line)| (*claim, self.at(*line)))
    }

    /// How many records have a place.
    pub(super) fn count(&self) -> u64 {
        u64::try_from(self.claims.0.len()).unwrap_or(u64::MAX)
    }

    /// Sums up, once everything was read.
    pub(super) fn finish(&mut self, ledger: &mut Ledger) -> Outcome {
        if !self.names_log {
            return Outcome::NoLog;
        }
        let Some((line, head)) = self.checkpoint else {
            let text = "no published checkpoint held every record when the bundle was written; get it again";
            ledger.missing(At::log(Section::Checkpoint), text.to_owned());
            return Outcome::Nothing;
        };
        if matches!(self.cover, Cover::Waiting) {
            self.start_cover(ledger);
        }
        let (Cover::Running(check), Some(head)) = (&self.cover, head) else {
            return Outcome::Nothing;
        };
        let at = At::log(Section::Cover);
        match check.finish() {
            Ok(()) => {
                ledger.made(at, COVERED, 1);
                Outcome::Proved(head)
            }
            Err(CoverRefusal::TooFew) if self.cover_hashes == 0 => {
                ledger.missing(at, "the section cover is missing".to_owned());
                Outcome::Nothing
            }
            Err(CoverRefusal::Root) => {
                ledger.hold(at, COVERED, false, || {
                    let size = head.size;
                    format!(
                        "the records do not lead to the root of the checkpoint (line {line}, {size} entries): one was changed or \
                         added, or stands elsewhere in the log"
                    )
                });
                Outcome::NotCovered(head)
            }
            Err(refusal) => {
                ledger.hold(at, COVERED, false, || refusal.to_string());
                Outcome::Nothing
            }
        }
    }

    /// What is proved about a leaf, for who names a wrong one.
    pub(super) fn fail(ledger: &mut Ledger, at: At, text: String) {
        ledger.fail(at, COVERED, text);
    }
}
