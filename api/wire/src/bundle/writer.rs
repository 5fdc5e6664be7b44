//! Writing a bundle, line by line: what is written is forgotten, so a bundle may be larger than memory.

use std::collections::BTreeMap;
use std::io::Write;

use governance::hash::{Hash32, to_hex};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{EndLine, HeaderLine, LINE_BYTES_MAX, Named, SECTION_LINES_MAX, Section, SectionLine, seal_digest};

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
    sections: BTreeMap<Section, Written>,
    last: Section,
    last_rank: Option<[u8; 32]>,
    line: Vec<u8>,
}

/// What was written of one section.
#[derive(Debug, Default)]
struct Written {
    lines: u64,
    hasher: Sha256,
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
            sections: Section::ALL
                .into_iter()
                .filter(|section| *section != Section::End)
                .map(|section| (section, Written::default()))
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
        if given == last && rank.is_some() && rank <= self.last_rank {
            return Err(BundleError::Unsorted(given));
        }
        self.put(given, line)?;
        (self.last, self.last_rank) = (given, rank);
        Ok(())
    }

    /// Ends the bundle with counts, hashes and the signature that `sign` makes with the server's Ed25519 key over the digest it is
    /// given, and gives back what the bundle was written to.
    ///
    /// # Errors
    /// [`BundleError`] if a section is missing or the end cannot be written.
    pub fn finish(mut self, sign: impl FnOnce(Hash32) -> [u8; 64]) -> Result<W, BundleError> {
        if let Some(missing) = self.missing(|section| section < Section::End) {
            return Err(BundleError::Missing(missing));
        }
        self.sections
            .retain(|section, written| written.lines > 0 || !section.is_optional());
        let digests: BTreeMap<Section, Hash32> = self
            .sections
            .iter()
            .map(|(section, written)| (*section, finalized(&written.hasher)))
            .collect();
        let end = EndLine {
            section: Named,
            counts: self
                .sections
                .iter()
                .map(|(section, written)| (section.name().to_owned(), written.lines))
                .collect(),
            sha256: finalized(&self.hasher),
            signature: to_hex(&sign(seal_digest(&digests))),
            digests: digests
                .into_iter()
                .map(|(section, digest)| (section.name().to_owned(), digest))
                .collect(),
        };
        self.put(Section::End, &end)?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn missing(&self, among: impl Fn(Section) -> bool) -> Option<Section> {
        self.sections
            .iter()
            .find(|(section, written)| section.required() && among(**section) && written.lines == 0)
            .map(|(section, _)| *section)
    }

    fn put<T: Serialize>(&mut self, section: Section, line: &T) -> Result<(), BundleError> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line).map_err(|source| BundleError::Json { section, source })?;
        self.line.push(b'\n');
        let written = self.sections.entry(section).or_default();
        written.lines = written.lines.saturating_add(1);
        if self.line.len() > LINE_BYTES_MAX || written.lines > SECTION_LINES_MAX {
            return Err(BundleError::TooLarge(section));
        }
        written.hasher.update(&self.line);
        self.hasher.update(&self.line);
        self.to.write_all(&self.line)?;
        Ok(())
    }
}

fn finalized(hasher: &Sha256) -> Hash32 {
    Hash32::from_bytes(hasher.clone().finalize().into())
}
