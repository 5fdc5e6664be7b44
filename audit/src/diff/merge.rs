//! Going through both bundles at once, section by section.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::io::BufRead;

use governance::hash::Hash32;
use governance::log::Checkpoint;
use governance::log::note::Note;
use governance::log::proof::TreeHead;
use serde_json::Value;
use sha2::{Digest, Sha256};
use wire::bundle::Section;

use super::events::{self, Events};
use super::fields::Compared;
use super::side::{Parsed, Side, word};
use super::{DIFFERENCES_MAX, DiffFault, DiffRefusal, Difference, DifferenceKind, Gathered, Which};
use crate::reader::Limits;
use crate::report::FindingKind;

/// Why going through ended early.
pub(super) enum End {
    Fault(DiffFault),
    Refused(DiffRefusal),
}

impl From<DiffFault> for End {
    fn from(fault: DiffFault) -> Self {
        Self::Fault(fault)
    }
}

/// A ballot that only one has so far, by voter and revision; the other may hold it under another sequence.
struct Alone {
    which: Which,
    /// Where it stands among the differences.
    place: usize,
    value: Value,
}

/// Ballots longer than this are not kept, so that memory stays bounded.
const KEPT_BYTES_MAX: usize = 16 * 1024;

struct Merge<'g, A: BufRead, B: BufRead> {
    a: Side<A>,
    b: Side<B>,
    gathered: &'g mut Gathered,
    alone: HashMap<(Hash32, u64), Alone>,
    heads: [Option<TreeHead>; 2],
    events: [Events; 2],
}

/// Compares everything, as far as both can be read.
pub(super) fn run<A: BufRead, B: BufRead>(a: A, b: B, limits: Limits, gathered: &mut Gathered) -> Result<(), End> {
    let mut merge = Merge {
        a: Side::open(Which::A, a, limits)?,
        b: Side::open(Which::B, b, limits)?,
        gathered,
        alone: HashMap::new(),
        heads: [None; 2],
        events: Default::default(),
    };
    for section in Section::ALL {
        match section {
            Section::Event => merge.collect_events()?,
            Section::Cover => merge.compare_covers()?,
            Section::End => {
                merge.compare_events();
                merge.compare_ends()?;
            }
            Section::Header
            | Section::Rule
            | Section::Proposal
            | Section::Roll
            | Section::Ballot
            | Section::Delegation
            | Section::Proxy
            | Section::Lot
            | Section::Tally
            | Section::Anchor
            | Section::Checkpoint => merge.section(section)?,
        }
    }
    Ok(())
}

impl<A: BufRead, B: BufRead> Merge<'_, A, B> {
    fn section(&mut self, section: Section) -> Result<(), End> {
        let (mut a, mut b) = (None, None);
        loop {
            let both = self.a.is_in(section) && self.b.is_in(section);
            if both && section.repeats() && self.a.bytes() == self.b.bytes() {
                let counts = self.gathered.section(section);
                counts.same = counts.same.saturating_add(1);
                self.a.advance()?;
                self.b.advance()?;
                (a, b) = (None, None);
                continue;
            }
            if a.is_none() && self.a.is_in(section) {
                a = Some(self.a.parse(section)?);
            }
            if b.is_none() && self.b.is_in(section) {
                b = Some(self.b.parse(section)?);
            }
            let order = match (&a, &b) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.rank.cmp(&b.rank),
            };
            let (one, other) = match order {
                Ordering::Less => (a.take(), None),
                Ordering::Greater => (None, b.take()),
                Ordering::Equal => (a.take(), b.take()),
            };
            let (is_a, is_b) = (one.is_some(), other.is_some());
            match (one, other) {
                (Some(one), Some(other)) => self.pair(section, &one, &other)?,
                (Some(one), None) => self.only(section, Which::A, one, b.is_some()),
                (None, Some(other)) => self.only(section, Which::B, other, a.is_some()),
                (None, None) => {}
            }
            if is_a {
                self.a.advance()?;
            }
            if is_b {
                self.b.advance()?;
            }
        }
    }

    /// Compares two lines of one thing.
    fn pair(&mut self, section: Section, a: &Parsed, b: &Parsed) -> Result<(), End> {
        match section {
            Section::Header => self.same_or_refused("the namespace", "/namespace", a, b)?,
            Section::Proposal => {
                self.same_or_refused("the proposal", "/record/proposal", a, b)?;
                self.gathered.proposal = word(&a.value, "/record/proposal");
                self.gathered.proposal_hash = [proposal_hash(&a.value), proposal_hash(&b.value)];
            }
            Section::Checkpoint => {
                self.checkpoints(a, b);
                return Ok(());
            }
            Section::Rule
            | Section::Roll
            | Section::Event
            | Section::Ballot
            | Section::Delegation
            | Section::Proxy
            | Section::Lot
            | Section::Tally
            | Section::Anchor
            | Section::Cover
            | Section::End => {}
        }
        let compared = Compared::of(section, &a.value, &b.value);
        if compared.evidence.is_empty() {
            self.gathered.agree(section, &compared);
        } else {
            self.differ(section, a, b, compared);
        }
        Ok(())
    }

    fn same_or_refused(&self, what: &'static str, pointer: &str, a: &Parsed, b: &Parsed) -> Result<(), End> {
        let words = |value: &Value| word(value, pointer).unwrap_or_default();
        let (a, b) = (words(&a.value), words(&b.value));
        if a == b {
            return Ok(());
        }
        Err(End::Refused(DiffRefusal::OtherDecision { what, a, b }))
    }

    fn differ(&mut self, section: Section, a: &Parsed, b: &Parsed, compared: Compared) {
        let counts = self.gathered.section(section);
        counts.differ = counts.differ.saturating_add(1);
        let kind = if compared.moves_only() {
            DifferenceKind::LogPlace
        } else {
            DifferenceKind::of_lines(section, compared.changes_record())
        };
        self.gathered.differ(Difference {
            section,
            kind,
            line_a: Some(a.number),
            line_b: Some(b.number),
            subject: subject(section, &a.value),
            voter: voter(section, &a.value),
            fields: compared.evidence,
        });
    }

    /// A line that only one has. `goes_on` says whether the other has later lines of the section.
    fn only(&mut self, section: Section, which: Which, line: Parsed, goes_on: bool) {
        if section == Section::Checkpoint {
            self.note_head(which, &line);
        }
        // Anchors and checkpoints come in time; an anchor that the other passed over does not.
        if section == Section::Checkpoint || (section == Section::Anchor && !goes_on) {
            self.gathered.only(section, which);
            self.gathered.advance(section, which.name());
            return;
        }
        if section == Section::Ballot && self.joins(which, &line) {
            return;
        }
        self.gathered.only(section, which);
        let number = Some(line.number);
        let (line_a, line_b) = match which {
            Which::A => (number, None),
            Which::B => (None, number),
        };
        let place = self.gathered.differences.len();
        self.gathered.differ(Difference {
            section,
            kind: DifferenceKind::of_one(section),
            line_a,
            line_b,
            subject: subject(section, &line.value),
            voter: voter(section, &line.value),
            fields: Vec::new(),
        });
        let length = match which {
            Which::A => self.a.bytes().len(),
            Which::B => self.b.bytes().len(),
        };
        if section == Section::Ballot
            && place < DIFFERENCES_MAX
            && length <= KEPT_BYTES_MAX
            && let Some(key) = ballot_key(&line.value)
        {
            let value = line.value;
            self.alone.insert(key, Alone { which, place, value });
        }
    }

    /// Whether the other bundle held this voter's ballot of this revision under another sequence: then it is one ballot, twice.
    fn joins(&mut self, which: Which, line: &Parsed) -> bool {
        let Some(key) = ballot_key(&line.value) else {
            return false;
        };
        let Some(alone) = self.alone.remove(&key) else {
            return false;
        };
        if alone.which == which {
            return false;
        }
        let compared = match which {
            Which::A => Compared::of(Section::Ballot, &line.value, &alone.value),
            Which::B => Compared::of(Section::Ballot, &alone.value, &line.value),
        };
        let counts = self.gathered.section(Section::Ballot);
        counts.differ = counts.differ.saturating_add(1);
        let once = match alone.which {
            Which::A => &mut counts.only_a,
            Which::B => &mut counts.only_b,
        };
        *once = once.saturating_sub(1);
        if let Some(difference) = self.gathered.differences.get_mut(alone.place) {
            difference.kind = DifferenceKind::of_lines(Section::Ballot, compared.changes_record());
            match which {
                Which::A => difference.line_a = Some(line.number),
                Which::B => difference.line_b = Some(line.number),
            }
            difference.fields = compared.evidence;
        }
        true
    }

    fn note_head(&mut self, which: Which, line: &Parsed) -> Option<Checkpoint> {
        let note = line.value.get("note").and_then(Value::as_str)?;
        let checkpoint = Checkpoint::parse(Note::parse(note.as_bytes()).ok()?.text()).ok()?;
        let place = match which {
            Which::A => 0,
            Which::B => 1,
        };
        if let Some(head) = self.heads.get_mut(place) {
            *head = Some(checkpoint.head());
        }
        Some(checkpoint)
    }

    fn checkpoints(&mut self, a: &Parsed, b: &Parsed) {
        let notes = (self.note_head(Which::A, a), self.note_head(Which::B, b));
        let (left, right) = match notes {
            (Some(left), Some(right)) if left.origin() == right.origin() => (left.head(), right.head()),
            _ if a.value == b.value => {
                self.gathered.agree(Section::Checkpoint, &Compared::default());
                return;
            }
            _ => {
                let compared = Compared::of(Section::Checkpoint, &a.value, &b.value);
                self.differ(Section::Checkpoint, a, b, compared);
                return;
            }
        };
        if left.size == right.size && left.root != right.root {
            let compared = Compared::of(Section::Checkpoint, &a.value, &b.value);
            self.differ(Section::Checkpoint, a, b, compared);
            return;
        }
        let counts = self.gathered.section(Section::Checkpoint);
        if left == right {
            counts.same = counts.same.saturating_add(1);
            return;
        }
        counts.advanced = counts.advanced.saturating_add(1);
        self.gathered.remarks.push(format!(
            "the log went on: the checkpoint of A covers {} entries, that of B {}. That both are of one log is proved by verify --log",
            left.size, right.size
        ));
    }

    fn collect_events(&mut self) -> Result<(), End> {
        let [a, b] = &mut self.events;
        collect(&mut self.a, Which::A, a)?;
        collect(&mut self.b, Which::B, b)
    }

    fn compare_events(&mut self) {
        let [a, b] = &self.events;
        let sizes = self.heads.map(|head| head.map(|head| head.size));
        events::compare(a, b, sizes, self.gathered);
    }

    /// Covers of different checkpoints differ; those of one do not.
    fn compare_covers(&mut self) -> Result<(), End> {
        let a = digest(&mut self.a)?;
        let b = digest(&mut self.b)?;
        let [head_a, head_b] = self.heads;
        if a.0 == 0 && b.0 == 0 {
            return Ok(());
        }
        let counts = self.gathered.section(Section::Cover);
        if a.1 == b.1 {
            counts.same = a.0;
        } else if head_a.is_none() || head_a != head_b {
            counts.advanced = a.0.max(b.0);
        } else {
            counts.differ = a.0.max(b.0);
            self.gathered.differ(Difference {
                section: Section::Cover,
                kind: DifferenceKind::Cover,
                line_a: None,
                line_b: None,
                subject: "the hashes that lead to the checkpoint's root".to_owned(),
                voter: None,
                fields: Vec::new(),
            });
        }
        Ok(())
    }

    /// The end follows from what is before it. It differs by itself only where nothing else does.
    fn compare_ends(&mut self) -> Result<(), End> {
        if !(self.a.is_in(Section::End) && self.b.is_in(Section::End)) {
            return self.section(Section::End);
        }
        let (a, b) = (self.a.parse(Section::End)?, self.b.parse(Section::End)?);
        let is_all_same = self
            .gathered
            .sections
            .values()
            .all(|counts| counts.advanced == 0 && counts.differ == 0 && counts.only_a == 0 && counts.only_b == 0);
        let compared = Compared::of(Section::End, &a.value, &b.value);
        let same_lines = a.value.get("sha256") == b.value.get("sha256");
        if compared.evidence.is_empty() {
            self.gathered.agree(Section::End, &compared);
        } else if is_all_same && same_lines {
            self.differ(Section::End, &a, &b, compared);
        } else {
            let counts = self.gathered.section(Section::End);
            counts.advanced = counts.advanced.saturating_add(1);
            if is_all_same {
                self.gathered.advance(Section::End, "/sha256");
            }
        }
        self.a.advance()?;
        self.b.advance()?;
        Ok(())
    }
}

fn collect<R: BufRead>(side: &mut Side<R>, which: Which, events: &mut Events) -> Result<(), End> {
    while side.is_in(Section::Event) {
        let event = side.parse(Section::Event)?;
        let line = event.number;
        events.add(event).map_err(|text| DiffFault {
            bundle: which,
            line,
            kind: FindingKind::Contradiction,
            text: text.to_owned(),
        })?;
        side.advance()?;
    }
    Ok(())
}

/// The number of lines of the cover and the hash of them.
fn digest<R: BufRead>(side: &mut Side<R>) -> Result<(u64, Hash32), End> {
    let (mut lines, mut hasher) = (0_u64, Sha256::new());
    while side.is_in(Section::Cover) {
        lines = lines.saturating_add(1);
        hasher.update(side.bytes());
        side.advance()?;
    }
    Ok((lines, Hash32::from_bytes(hasher.finalize().into())))
}

fn ballot_key(value: &Value) -> Option<(Hash32, u64)> {
    let revision = value.pointer("/record/revision")?.as_u64()?;
    Some((word(value, "/record/voter")?, revision))
}

fn voter(section: Section, value: &Value) -> Option<Hash32> {
    match section {
        Section::Roll => word(value, "/voter"),
        Section::Ballot => word(value, "/record/voter"),
        Section::Delegation => word(value, "/record/truster"),
        Section::Proxy => word(value, "/record/member"),
        Section::Header
        | Section::Rule
        | Section::Proposal
        | Section::Event
        | Section::Lot
        | Section::Tally
        | Section::Anchor
        | Section::Checkpoint
        | Section::Cover
        | Section::End => None,
    }
}

fn subject(section: Section, value: &Value) -> String {
    let part = |pointer: &str| value.pointer(pointer).map(Value::to_string).unwrap_or_default();
    let text = |pointer: &str| part(pointer).trim_matches('"').to_owned();
    match section {
        Section::Roll => format!("member {}", text("/voter")),
        Section::Ballot => format!(
            "voter {}, revision {}, sequence {}",
            text("/record/voter"),
            part("/record/revision"),
            part("/sequence")
        ),
        Section::Delegation => format!(
            "delegation of {}, scope kind {}",
            text("/record/truster"),
            part("/record/scope_kind")
        ),
        Section::Proxy => format!(
            "proxy ballot for {} by {}",
            text("/record/member"),
            text("/record/holder")
        ),
        Section::Anchor => format!("anchor {}", part("/seq")),
        Section::Header => "the header".to_owned(),
        Section::Rule => "the rule".to_owned(),
        Section::Proposal => "the question".to_owned(),
        Section::Lot => "the lot".to_owned(),
        Section::Tally => "the result".to_owned(),
        Section::Event => "an event".to_owned(),
        Section::Checkpoint => "the checkpoint".to_owned(),
        Section::Cover => "the cover".to_owned(),
        Section::End => "the end".to_owned(),
    }
}

fn proposal_hash(value: &Value) -> Option<Hash32> {
    use governance::record::Record as _;
    let line: wire::bundle::ProposalLine = serde_json::from_value(value.clone()).ok()?;
    Some(line.record.struct_hash())
}
