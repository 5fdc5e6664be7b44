//! The end: are these the lines that the server counted, hashed and signed?

use std::collections::BTreeMap;

use governance::hash::{Hash32, from_hex};
use governance::signature;
use sha2::Digest;
use wire::bundle::{EndLine, Section, seal_digest};

use super::Audit;
use crate::report::At;

const COUNTS: &str = "sections have as many lines as the end says";
const UNCHANGED: &str = "sections are as the server signed them";

/// The sections that the end counts: of the optional ones those that are there, or that it says were.
fn counted_sections(seen: impl Fn(Section) -> bool) -> Vec<Section> {
    Section::ALL
        .into_iter()
        .filter(|section| *section != Section::End && (!section.is_optional() || seen(*section)))
        .collect()
}

impl Audit<'_> {
    /// Gives back the sections that were changed after the server signed them.
    pub(super) fn check_end(&mut self) -> Vec<Section> {
        let Some(end) = self.end.take() else {
            return Vec::new();
        };
        let at = At::section(Section::End);
        let counted = counted_sections(|section| self.lines(section) > 0 || end.counts.contains_key(section.name()));
        let mut expected: Vec<&str> = counted.iter().copied().map(Section::name).collect();
        expected.sort_unstable();
        // The maps are sorted by name, too.
        let whole = end.counts.keys().map(String::as_str).eq(expected.iter().copied())
            && end.digests.keys().map(String::as_str).eq(expected.iter().copied());
        self.ledger.hold(at, "the end speaks of every section", whole, || {
            "counts and digests must name every section once".to_owned()
        });
        for section in counted.iter().copied() {
            let (is, says) = (self.lines(section), end.counts.get(section.name()).copied());
            // Where the lines are the ones that were hashed, it is the count that was changed.
            let unchanged = end.digests.get(section.name()) == Some(&self.digest(section));
            let at = At::section(if unchanged { Section::End } else { section });
            self.ledger.hold(at, COUNTS, says == Some(is), || {
                format!(
                    "there are {is} lines of section {section}, the end counts {}",
                    says.unwrap_or_default()
                )
            });
        }
        let sha256 = Hash32::from_bytes(self.whole.clone().finalize().into());
        self.ledger
            .hold(at, "the file has the hash the end says", sha256 == end.sha256, || {
                format!("the SHA-256 of the lines is {sha256}, the end says {}", end.sha256)
            });
        let changed = if whole {
            self.check_seal(&end, &counted)
        } else {
            Vec::new()
        };
        self.end = Some(end);
        changed
    }

    fn check_seal(&mut self, end: &EndLine, counted: &[Section]) -> Vec<Section> {
        let listed: BTreeMap<Section, Hash32> = counted
            .iter()
            .copied()
            .filter_map(|section| Some((section, *end.digests.get(section.name())?)))
            .collect();
        // A section that was dropped is told as missing; its digest says no more.
        let changed: Vec<Section> = counted
            .iter()
            .copied()
            .filter(|section| self.lines(*section) > 0 && listed.get(section) != Some(&self.digest(*section)))
            .collect();
        let own_key = || self.header.as_ref().and_then(|header| header.server_key);
        let key = self.options.server_key.or_else(own_key);
        let signature = from_hex(&end.signature);
        let signs = |digests: &BTreeMap<Section, Hash32>| {
            let signed = key.zip(signature.as_ref());
            signed.is_some_and(|(key, bytes)| signature::verify(&key, seal_digest(digests), bytes).is_ok())
        };
        // If the signature is wrong, it is the end that was changed, and its list of digests accuses nobody; but if the header was
        // changed, its key cannot vouch for the list.
        let is_end_wrong = !signs(&listed) && {
            let real = counted
                .iter()
                .copied()
                .map(|section| (section, self.digest(section)))
                .collect();
            signs(&real) || !(changed.contains(&Section::Header) || self.lines(Section::Header) == 0)
        };
        if is_end_wrong {
            let at = At::section(Section::End);
            self.ledger.hold(at, "the server signed the end", false, || {
                "the signature is not the server's over these digests".to_owned()
            });
            return vec![Section::End];
        }
        for section in counted.iter().copied() {
            self.ledger
                .hold(At::section(section), UNCHANGED, !changed.contains(&section), || {
                    "the section was changed after the server signed it".to_owned()
                });
        }
        changed
    }
}
