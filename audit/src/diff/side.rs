//! One of the two bundles: its lines, one at a time.

use std::io::BufRead;

use governance::hash::Hash32;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wire::bundle::{
    AnchorLine, BallotLine, CheckpointLine, CoverLine, DelegationLine, EndLine, EventLine, HeaderLine, LotLine,
    ProposalLine, ProxyLine, RollLine, RuleLine, SECTION_LINES_MAX, Section, SectionLine, TallyLine,
};

use super::{DiffFault, Which};
use crate::reader::{Limits, Lines, ReadFault};
use crate::report::FindingKind;
use crate::verify::{section_of, unique_names};

/// A bundle, as far as it was read.
pub(super) struct Side<R: BufRead> {
    which: Which,
    lines: Lines<R>,
    line: Vec<u8>,
    /// The number of the line, from 1.
    number: u64,
    /// The section of the line; `None` at the end of the file.
    section: Option<Section>,
    last_rank: Option<[u8; 32]>,
    /// Lines of the section so far.
    count: u64,
}

/// A line that was read into its type and written again, so that neither space nor spelling is a difference.
pub(super) struct Parsed {
    pub(super) value: Value,
    /// By what the lines of its section ascend.
    pub(super) rank: Option<[u8; 32]>,
    /// The number of the line, from 1.
    pub(super) number: u64,
}

impl<R: BufRead> Side<R> {
    pub(super) fn open(which: Which, from: R, limits: Limits) -> Result<Self, DiffFault> {
        let mut side = Self {
            which,
            lines: Lines::new(from, limits),
            line: Vec::new(),
            number: 0,
            section: Some(Section::Header),
            last_rank: None,
            count: 0,
        };
        side.advance()?;
        Ok(side)
    }

    /// The line's bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.line
    }

    /// Whether the line belongs to this section.
    pub(super) fn is_in(&self, section: Section) -> bool {
        self.section == Some(section)
    }

    /// Goes on to the next line.
    pub(super) fn advance(&mut self) -> Result<(), DiffFault> {
        let before = self.section;
        self.number = self.number.saturating_add(1);
        let is_line = self
            .lines
            .next(&mut self.line)
            .map_err(|fault| self.unreadable(&fault))?;
        if !is_line {
            self.section = None;
            return Ok(());
        }
        let section = section_of(&self.line).ok_or_else(|| self.malformed("it is of no known section"))?;
        if before.is_none_or(|before| section < before) {
            return Err(self.malformed(format!("a line of section {section} stands out of order")));
        }
        if before != Some(section) {
            (self.count, self.last_rank) = (0, None);
        }
        self.count = self.count.saturating_add(1);
        if self.count > SECTION_LINES_MAX || (self.count > 1 && !section.repeats()) {
            return Err(self.malformed(format!("there are too many lines of section {section}")));
        }
        self.section = Some(section);
        Ok(())
    }

    /// Reads the line. Those of a section that are read in this way must ascend.
    pub(super) fn parse(&mut self, section: Section) -> Result<Parsed, DiffFault> {
        let parsed = parse(section, &self.line);
        let (value, rank) = parsed.map_err(|error| self.malformed(format!("it cannot be read: {error}")))?;
        if rank.is_some() && rank < self.last_rank {
            return Err(self.malformed(format!("the lines of section {section} do not ascend")));
        }
        self.last_rank = rank;
        Ok(Parsed {
            value,
            rank,
            number: self.number,
        })
    }

    fn malformed(&self, text: impl Into<String>) -> DiffFault {
        DiffFault {
            bundle: self.which,
            line: self.number,
            kind: FindingKind::Contradiction,
            text: text.into(),
        }
    }

    fn unreadable(&self, fault: &ReadFault) -> DiffFault {
        let kind = match fault {
            ReadFault::Cut => FindingKind::Missing,
            ReadFault::Damaged(_)
            | ReadFault::LongLine(_)
            | ReadFault::TooLarge(_)
            | ReadFault::Bomb(_)
            | ReadFault::Unended => FindingKind::Contradiction,
        };
        DiffFault {
            bundle: self.which,
            line: self.number,
            kind,
            text: fault.to_string(),
        }
    }
}

type Read = serde_json::Result<(Value, Option<[u8; 32]>)>;

fn parse(section: Section, line: &[u8]) -> Read {
    unique_names(line)?;
    match section {
        Section::Header => plain::<HeaderLine>(line),
        Section::Rule => ranked::<RuleLine>(line),
        Section::Proposal => ranked::<ProposalLine>(line),
        Section::Roll => ranked::<RollLine>(line),
        Section::Event => ranked::<EventLine>(line),
        Section::Ballot => ranked::<BallotLine>(line),
        Section::Delegation => ranked::<DelegationLine>(line),
        Section::Proxy => ranked::<ProxyLine>(line),
        Section::Lot => ranked::<LotLine>(line),
        Section::Tally => ranked::<TallyLine>(line),
        Section::Anchor => ranked::<AnchorLine>(line),
        Section::Checkpoint => ranked::<CheckpointLine>(line),
        Section::Cover => ranked::<CoverLine>(line),
        Section::End => plain::<EndLine>(line),
    }
}

fn ranked<L: SectionLine + DeserializeOwned>(line: &[u8]) -> Read {
    let parsed: L = serde_json::from_slice(line)?;
    Ok((serde_json::to_value(&parsed)?, parsed.rank()))
}

fn plain<L: Serialize + DeserializeOwned>(line: &[u8]) -> Read {
    let parsed: L = serde_json::from_slice(line)?;
    Ok((serde_json::to_value(&parsed)?, None))
}

/// A word at a place of a line.
pub(super) fn word(value: &Value, pointer: &str) -> Option<Hash32> {
    value.pointer(pointer)?.as_str()?.parse().ok()
}
