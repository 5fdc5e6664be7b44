//! Two bundles of one decision, compared line by line.
//!
//! Neither is checked here; that is what [`crate::verify_file`] is for. Where both hold by themselves and differ in their evidence,
//! somebody wrote two records of one decision. Memory stays bounded however large the bundles are: lines are compared as they are read.

mod events;
mod fields;
mod kind;
mod merge;
mod print;
mod side;

use std::collections::BTreeMap;
use std::io::BufRead;

use governance::hash::Hash32;
use serde::{Serialize, Serializer};
use wire::bundle::Section;

pub use self::fields::FieldDifference;
pub use self::kind::DifferenceKind;
pub use self::print::print_diff;
use crate::reader::Limits;
use crate::report::FindingKind;

/// So many differences are told; the rest are counted.
pub const DIFFERENCES_MAX: usize = 1_000;

/// One of the two bundles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Which {
    /// The first.
    A,
    /// The second.
    B,
}

impl Which {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

/// Why a bundle could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffFault {
    /// Which of the two.
    pub bundle: Which,
    /// The line at which it ended, from 1.
    pub line: u64,
    /// Contradiction: it is no bundle. Missing: it ends too early.
    pub kind: FindingKind,
    /// What is wrong.
    pub text: String,
}

/// One difference in the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The section in which it lies.
    #[serde(serialize_with = "section_name")]
    pub section: Section,
    /// What it is.
    pub kind: DifferenceKind,
    /// The line of A, from 1; absent where A has no such line.
    pub line_a: Option<u64>,
    /// The line of B.
    pub line_b: Option<u64>,
    /// What it is about, in words: the voter, the revision, the place.
    pub subject: String,
    /// The member, where it is about one.
    pub voter: Option<Hash32>,
    /// Where the lines differ, at most a dozen places.
    pub fields: Vec<FieldDifference>,
}

fn section_name<S: Serializer>(section: &Section, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(section.name())
}

/// How the lines of one section compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SectionDiff {
    /// Lines that say the same.
    pub same: u64,
    /// Lines that differ in nothing but what time brings: a place in the log, a block.
    pub advanced: u64,
    /// Lines of one thing that differ in their evidence.
    pub differ: u64,
    /// Lines that only A has.
    pub only_a: u64,
    /// Lines that only B has.
    pub only_b: u64,
}

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffReport {
    /// Whether both were read to their end and hold the same evidence.
    pub is_same: bool,
    /// The decision, as a word; absent where no proposal was read.
    pub proposal: Option<Hash32>,
    /// The hash of the proposal's record in A.
    pub proposal_hash_a: Option<Hash32>,
    /// The same in B.
    pub proposal_hash_b: Option<Hash32>,
    /// Every section that either has.
    pub sections: BTreeMap<String, SectionDiff>,
    /// What differs in evidence, in the order of the bundles.
    pub differences: Vec<Difference>,
    /// How many more there are.
    pub differences_more: u64,
    /// What differs and is no difference in evidence, in sentences.
    pub remarks: Vec<String>,
    /// Why a bundle was not read to its end. Nothing after it was compared.
    pub fault: Option<DiffFault>,
    /// The exit status: 0 the same evidence, 1 it differs or a file is no bundle, 2 a file ends too early.
    pub status: u8,
}

/// Why two bundles cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiffRefusal {
    /// They tell of two co-ops or two decisions.
    #[error("A and B are not bundles of one decision: {what} is {a} in A and {b} in B")]
    OtherDecision {
        /// What differs.
        what: &'static str,
        /// A's.
        a: Hash32,
        /// B's.
        b: Hash32,
    },
}

/// Compares two bundles as they are read.
///
/// # Errors
/// [`DiffRefusal`] if they are not of one decision.
pub fn diff_readers<A: BufRead, B: BufRead>(a: A, b: B, limits: Limits) -> Result<DiffReport, DiffRefusal> {
    let mut gathered = Gathered::default();
    let fault = match merge::run(a, b, limits, &mut gathered) {
        Ok(()) => None,
        Err(merge::End::Fault(fault)) => Some(fault),
        Err(merge::End::Refused(refusal)) => return Err(refusal),
    };
    Ok(gathered.report(fault))
}

/// What was found so far.
#[derive(Default)]
struct Gathered {
    proposal: Option<Hash32>,
    proposal_hash: [Option<Hash32>; 2],
    sections: BTreeMap<Section, SectionDiff>,
    differences: Vec<Difference>,
    more: u64,
    remarks: Vec<String>,
    /// Places that advanced, by section and name, and how often.
    advanced: BTreeMap<(Section, String), u64>,
}

impl Gathered {
    fn section(&mut self, section: Section) -> &mut SectionDiff {
        self.sections.entry(section).or_default()
    }

    fn differ(&mut self, difference: Difference) {
        if self.differences.len() < DIFFERENCES_MAX {
            self.differences.push(difference);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    /// Counts what only one has.
    fn only(&mut self, section: Section, which: Which) {
        let counts = self.section(section);
        let count = match which {
            Which::A => &mut counts.only_a,
            Which::B => &mut counts.only_b,
        };
        *count = count.saturating_add(1);
    }

    /// Counts two lines that hold the same evidence.
    fn agree(&mut self, section: Section, compared: &fields::Compared) {
        let counts = self.section(section);
        if compared.advanced.is_empty() {
            counts.same = counts.same.saturating_add(1);
            return;
        }
        counts.advanced = counts.advanced.saturating_add(1);
        for field in &compared.advanced {
            self.advance(section, &field.field);
        }
    }

    /// Counts what came with time.
    fn advance(&mut self, section: Section, what: &str) {
        let times = self.advanced.entry((section, what.to_owned())).or_default();
        *times = times.saturating_add(1);
    }

    fn report(mut self, fault: Option<DiffFault>) -> DiffReport {
        for ((section, field), times) in &self.advanced {
            self.remarks.push(kind::remark_of(*section, field, *times));
        }
        // Events are compared last, since their checkpoint comes after them.
        self.differences.sort_by_key(|difference| difference.section);
        let differs = !self.differences.is_empty();
        let status = match (&fault, differs) {
            (_, true) => 1,
            (Some(fault), false) if fault.kind == FindingKind::Contradiction => 1,
            (Some(_), false) => 2,
            (None, false) => 0,
        };
        let [proposal_hash_a, proposal_hash_b] = self.proposal_hash;
        DiffReport {
            is_same: status == 0,
            proposal: self.proposal,
            proposal_hash_a,
            proposal_hash_b,
            sections: self
                .sections
                .into_iter()
                .map(|(section, counts)| (section.name().to_owned(), counts))
                .collect(),
            differences: self.differences,
            differences_more: self.more,
            remarks: self.remarks,
            fault,
            status,
        }
    }
}
