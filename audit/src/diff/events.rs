//! The events of both bundles. They stand by their place in the log, which they may get between two bundles, so that they are
//! compared by what they are.

use std::collections::BTreeMap;

use governance::hash::Hash32;
use serde_json::Value;
use sha2::{Digest, Sha256};
use wire::bundle::Section;

use super::fields::Compared;
use super::side::Parsed;
use super::{Difference, DifferenceKind, Gathered, Which};

/// So many events of one proposal are kept in memory for each bundle; a decision has a handful.
pub(super) const EVENTS_MAX: usize = 10_000;

/// The events of a bundle, by the hash of what happened.
#[derive(Default)]
pub(super) struct Events {
    by_record: BTreeMap<Hash32, Parsed>,
}

impl Events {
    pub(super) fn add(&mut self, event: Parsed) -> Result<(), &'static str> {
        let record = event.value.get("record").map(Value::to_string).unwrap_or_default();
        let hash = Hash32::from_bytes(Sha256::digest(record.as_bytes()).into());
        if self.by_record.len() >= EVENTS_MAX {
            return Err("there are more events than a decision can have");
        }
        match self.by_record.insert(hash, event) {
            None => Ok(()),
            Some(_) => Err("an event stands twice"),
        }
    }
}

fn index(event: &Parsed) -> Option<u64> {
    event.value.get("log_index").and_then(Value::as_u64)
}

fn subject(event: &Parsed) -> String {
    let part = |pointer: &str| event.value.pointer(pointer).map(Value::to_string).unwrap_or_default();
    let place = index(event).map_or_else(|| "no place".to_owned(), |index| format!("place {index}"));
    format!(
        "event of kind {} at {}, {place} in the log",
        part("/record/kind"),
        part("/record/at")
    )
}

/// Compares the events. `sizes` are those of the checkpoints: an event beyond the other's checkpoint came later.
pub(super) fn compare(a: &Events, b: &Events, sizes: [Option<u64>; 2], gathered: &mut Gathered) {
    let [size_a, size_b] = sizes;
    for (hash, event) in &a.by_record {
        match b.by_record.get(hash) {
            Some(other) => pair(event, other, gathered),
            None => only(event, Which::A, size_b, gathered),
        }
    }
    for (hash, event) in &b.by_record {
        if !a.by_record.contains_key(hash) {
            only(event, Which::B, size_a, gathered);
        }
    }
}

fn pair(a: &Parsed, b: &Parsed, gathered: &mut Gathered) {
    let compared = Compared::of(Section::Event, &a.value, &b.value);
    if compared.evidence.is_empty() {
        gathered.agree(Section::Event, &compared);
        return;
    }
    let counts = gathered.section(Section::Event);
    counts.differ = counts.differ.saturating_add(1);
    let kind = if compared.moves_only() {
        DifferenceKind::LogPlace
    } else {
        DifferenceKind::EventInOne
    };
    gathered.differ(Difference {
        section: Section::Event,
        kind,
        line_a: Some(a.number),
        line_b: Some(b.number),
        subject: subject(a),
        voter: None,
        fields: compared.evidence,
    });
}

fn only(event: &Parsed, which: Which, size_of_other: Option<u64>, gathered: &mut Gathered) {
    gathered.only(Section::Event, which);
    if let (Some(index), Some(size)) = (index(event), size_of_other)
        && index >= size
    {
        gathered.advance(Section::Event, which.name());
        return;
    }
    let line = Some(event.number);
    let (line_a, line_b) = match which {
        Which::A => (line, None),
        Which::B => (None, line),
    };
    gathered.differ(Difference {
        section: Section::Event,
        kind: DifferenceKind::EventInOne,
        line_a,
        line_b,
        subject: subject(event),
        voter: None,
        fields: Vec::new(),
    });
}
