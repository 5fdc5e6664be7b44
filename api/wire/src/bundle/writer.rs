//! Writing a bundle, line by line: what is written is forgotten, so a bundle may be larger than memory.

use std::collections::BTreeMap;
use std::io::Write;

use governance::hash::Hash32;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{EndLine, HeaderLine, LINE_BYTES_MAX, Named, SECTION_LINES_MAX, Section, SectionLine};

/// Why a bundle could not be written. All but `Write` are faults of the program that writes it.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Sections come in their order.
    #[error("a line of section {given} cannot follow one of section {last}")]
    Order {
        /// The section of the line.
        given: Section,
        /// The section of the line before it.
        last: Section,
    },
    /// The lines of a section ascend.
    #[error("the lines of section {0} do not strictly ascend")]
    Unsorted(Section),
    /// A section that every bundle needs.
    #[error("the section {0} is missing")]
    Missing(Section),
    /// A bound of the format.
    #[error("a line of section {0} is too long, or there are too many")]
    TooLarge(Section),
    /// The line is no JSON.
    #[error("a line of section {section} could not be written as JSON")]
    Json {
        /// The section.
        section: Section,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The world failed.
    #[error("the bundle could not be written")]
    Write(#[from] std::io::Error),
}

/// Writes a bundle's lines in order, counts and hashes them. Compression is the caller's.
#[derive(Debug)]
pub struct BundleWriter<W: Write> {
    to: W,
    hasher: Sha256,
    counts: BTreeMap<Section, u64>,
    last: Section,
    last_rank: Option<[u8; 32]>,
    line: Vec<u8>,
}

impl<W: Write> BundleWriter<W> {
    /// Begins a bundle with its header.
    ///
    /// # Errors
    /// [`BundleError`] if the header cannot be written.
    pub fn new(to: W, header: &HeaderLine) -> Result<Self, BundleError> {
        let mut writer = Self {
            to,
            hasher: Sha256::new(),
            counts: Section::ALL
                .into_iter()
                .filter(|section| *section != Section::End)
                .map(|section| (section, 0))
                .collect(),
            last: Section::Header,
            last_rank: None,
            line: Vec::new(),
        };
        writer.put(Section::Header, header)?;
        Ok(writer)
    }

    /// Writes one line.
    ///
    /// # Errors
    /// [`BundleError`] if the line does not belong here or cannot be written.
    pub fn write<L: SectionLine>(&mut self, line: &L) -> Result<(), BundleError> {
        let (given, last, rank) = (L::SECTION, self.last, line.rank());
        if given < last || (given == last && !given.repeats()) {
            return Err(BundleError::Order { given, last });
        }
        // Nothing can be added later to a section that was passed over, so this is where it is found missing.
        if let Some(missing) = self.missing(|section| last < section && section < given) {
            return Err(BundleError::Missing(missing));
        }
        if given == last && rank <= self.last_rank {
            return Err(BundleError::Unsorted(given));
        }
        self.put(given, line)?;
        (self.last, self.last_rank) = (given, rank);
        Ok(())
    }

    /// Ends the bundle with counts and hash, and gives back what it was written to.
    ///
    /// # Errors
    /// [`BundleError`] if a section is missing or the end cannot be written.
    pub fn finish(mut self) -> Result<W, BundleError> {
        if let Some(missing) = self.missing(|section| section < Section::End) {
            return Err(BundleError::Missing(missing));
        }
        let end = EndLine {
            section: Named,
            counts: self
                .counts
                .iter()
                .map(|(section, count)| (section.name().to_owned(), *count))
                .collect(),
            sha256: Hash32::from_bytes(self.hasher.clone().finalize().into()),
        };
        self.put(Section::End, &end)?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn missing(&self, among: impl Fn(Section) -> bool) -> Option<Section> {
        self.counts
            .iter()
            .find(|(section, count)| section.required() && among(**section) && **count == 0)
            .map(|(section, _)| *section)
    }

    fn put<T: Serialize>(&mut self, section: Section, line: &T) -> Result<(), BundleError> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line).map_err(|source| BundleError::Json { section, source })?;
        self.line.push(b'\n');
        let count = self.counts.entry(section).or_default();
        *count = count.saturating_add(1);
        if self.line.len() > LINE_BYTES_MAX || *count > SECTION_LINES_MAX {
            return Err(BundleError::TooLarge(section));
        }
        self.hasher.update(&self.line);
        self.to.write_all(&self.line)?;
        Ok(())
    }
}
