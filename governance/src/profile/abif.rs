//! ABIF, the "aggregated ballot information format": one line for all papers that say the same.
//!
//! ```text
//! # a remark; it may also follow anything else
//! {"title": "The committee"}
//! =A:[Ann Bee]                     declares that A stands for a candidate
//! =B:[Ben]
//! 27: A/5 > B/2 = [Cem Dee]/2      27 papers: order, and scores if there are any
//! 26 * B/5, A/3                    the same with a star; commas part candidates whose scores alone give the order
//! 10:                              10 blank papers
//! ```
//!
//! A name is a bare word, or anything in square brackets or quotation marks. Where nothing is declared, the candidates are those
//! that the papers name, in the order in which they appear. Once a candidate is declared, a bare word must be a declared one; a
//! name in brackets that was not declared is a candidate without a short name. Commas without scores mean equal ranks. Scores must
//! not contradict the order. Of metadata in braces the title is read, and the rest passed over.
//! Source: <https://electowiki.org/wiki/ABIF>. Differs: what older files write as `[Ann Bee]: A` is refused, as the format's own
//! tests ask.

use std::collections::BTreeMap;

use super::collect::{Collector, score, weight};
use super::line::{name, numbered, shown};
use super::{CANDIDATES_MAX, Profile, Reason, Refusal};

/// Reads a file of ABIF.
///
/// # Errors
/// [`Refusal`] with the first line that is malformed and the reason.
pub fn parse(text: &str) -> Result<Profile, Refusal> {
    let mut reader = Reader::default();
    let mut last = 1;
    for (line, text) in numbered(text) {
        last = line;
        if !text.is_empty() && !text.starts_with('#') {
            reader.line(line, text)?;
        }
    }
    if reader.names.is_empty() {
        return Err(Refusal::at(last, Reason::CandidateCount));
    }
    Ok(Profile {
        title: reader.title,
        candidates: reader.names,
        papers: reader.collector.finish(),
        ..Profile::default()
    })
}

#[derive(Default)]
struct Reader<'a> {
    title: String,
    names: Vec<String>,
    /// Candidates by every word that names them.
    known: BTreeMap<&'a str, u16>,
    is_declared: bool,
    collector: Collector,
}

/// How candidates of a line are parted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parted {
    Order,
    Commas,
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: usize, text: &'a str) -> Result<(), Refusal> {
        if let Some(declaration) = text.strip_prefix('=') {
            return self.declare(line, declaration);
        }
        if text.starts_with('{') {
            return self.metadata(line, text);
        }
        let after = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let count = text.get(..text.len().saturating_sub(after.len())).unwrap_or_default();
        match after.trim_start().strip_prefix([':', '*']) {
            Some(papers) if !count.is_empty() => self.papers(line, weight(line, count)?, papers),
            Some(_) | None => Err(Refusal::at(
                line,
                if text.starts_with('[') && text.contains("]:") {
                    Reason::OldAbif
                } else {
                    Reason::AbifLine(shown(text))
                },
            )),
        }
    }

    fn metadata(&mut self, line: usize, text: &str) -> Result<(), Refusal> {
        let end = text.rfind('}').ok_or(Refusal::at(line, Reason::Unclosed('}')))?;
        let inner = text.get(1..end).unwrap_or_default();
        let Some((key, value)) = inner.split_once(':') else {
            return Err(Refusal::at(line, Reason::AbifLine(shown(text))));
        };
        let bare = |word: &str| word.trim().trim_matches('"').trim().to_owned();
        if bare(key) == "title" {
            self.title = name(line, &bare(value))?;
        }
        Ok(())
    }

    fn declare(&mut self, line: usize, text: &'a str) -> Result<(), Refusal> {
        if !self.collector.is_empty() {
            return Err(Refusal::at(line, Reason::LateDeclaration));
        }
        let mut words = Words { line, rest: text };
        let (short, _) = words.name()?;
        if !words.take(':') {
            return Err(Refusal::at(line, Reason::AbifLine(shown(words.rest))));
        }
        let (full, _) = words.name()?;
        words.end()?;
        let candidate = self.add(line, full)?;
        if short != full && self.known.insert(short, candidate).is_some() {
            return Err(Refusal::at(line, Reason::DeclaredTwice(shown(short))));
        }
        self.is_declared = true;
        Ok(())
    }

    /// A new candidate of this name.
    fn add(&mut self, line: usize, full: &'a str) -> Result<u16, Refusal> {
        if self.names.len() >= CANDIDATES_MAX {
            return Err(Refusal::at(line, Reason::CandidateCount));
        }
        let candidate = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        self.names.push(name(line, full)?);
        if self.known.insert(full, candidate).is_some() {
            return Err(Refusal::at(line, Reason::DeclaredTwice(shown(full))));
        }
        Ok(candidate)
    }

    fn candidate(&mut self, line: usize, word: &'a str, is_bare: bool) -> Result<u16, Refusal> {
        let candidate = match self.known.get(word).copied() {
            Some(candidate) => candidate,
            None if is_bare && self.is_declared => {
                return Err(Refusal::at(line, Reason::UnknownName(shown(word))));
            }
            None => self.add(line, word)?,
        };
        self.collector.once(candidate)?;
        Ok(candidate)
    }

    fn papers(&mut self, line: usize, weight: u64, text: &'a str) -> Result<(), Refusal> {
        self.collector.begin(line, weight)?;
        let mut words = Words { line, rest: text };
        let mut order = Vec::new();
        let (mut parted, mut scored) = (None, 0_usize);
        let mut is_equal = false;
        while !words.is_end() {
            let (word, is_bare) = words.name()?;
            let candidate = self.candidate(line, word, is_bare)?;
            if words.take('/') {
                let given = score(line, words.digits())?;
                self.collector.draft().score(candidate, given);
                scored = scored.saturating_add(1);
            }
            order.push((candidate, is_equal));
            if words.is_end() {
                break;
            }
            let (kind, joins) = words.separator()?;
            if parted.replace(kind).is_some_and(|before| before != kind) {
                return Err(Refusal::at(line, Reason::MixedSeparators));
            }
            is_equal = joins;
            if words.is_end() {
                return Err(Refusal::at(line, Reason::NoCandidate(String::new())));
            }
        }
        if scored > 0 && scored != order.len() {
            return Err(Refusal::at(line, Reason::PartlyScored));
        }
        if scored > 0 && parted == Some(Parted::Commas) {
            self.collector.draft().rank_by_score();
        } else {
            self.check_scores(line, &order)?;
            for (candidate, is_equal) in order {
                if is_equal {
                    self.collector.draft().equal(candidate);
                } else {
                    self.collector.draft().next(candidate);
                }
            }
        }
        self.collector.end();
        Ok(())
    }

    /// Equal ranks have equal scores, and a lower rank has no higher score.
    fn check_scores(&mut self, line: usize, order: &[(u16, bool)]) -> Result<(), Refusal> {
        let scores = self.collector.draft().scores();
        let pairs = scores.iter().zip(scores.iter().skip(1));
        let agrees = pairs.zip(order.iter().skip(1)).all(
            |(((_, before), (_, after)), (_, is_equal))| if *is_equal { before == after } else { before >= after },
        );
        if agrees {
            Ok(())
        } else {
            Err(Refusal::at(line, Reason::ScoresContradict))
        }
    }
}

/// What is left of a line.
struct Words<'a> {
    line: usize,
    rest: &'a str,
}

impl<'a> Words<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// A remark ends a line, too.
    fn is_end(&mut self) -> bool {
        self.skip();
        self.rest.is_empty() || self.rest.starts_with('#')
    }

    fn end(&mut self) -> Result<(), Refusal> {
        if self.is_end() {
            Ok(())
        } else {
            Err(Refusal::at(self.line, Reason::AfterName(shown(self.rest))))
        }
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// As long as letters are of a kind.
    fn while_are(&mut self, are: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|letter| !are(letter)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        word
    }

    fn digits(&mut self) -> &'a str {
        self.skip();
        self.while_are(|letter| letter.is_alphanumeric() || "+-._".contains(letter))
    }

    /// A name, and whether it is a bare word.
    fn name(&mut self) -> Result<(&'a str, bool), Refusal> {
        self.skip();
        for (begin, end) in [('[', ']'), ('"', '"')] {
            if let Some(inner) = self.rest.strip_prefix(begin) {
                let (word, rest) = inner
                    .split_once(end)
                    .ok_or(Refusal::at(self.line, Reason::Unclosed(end)))?;
                self.rest = rest;
                return self.filled(word.trim(), false);
            }
        }
        let before = self.rest;
        let word = self.while_are(|letter| !letter.is_whitespace() && !"[]\"{}<>=,:*/#".contains(letter));
        if word.is_empty() {
            return Err(Refusal::at(self.line, Reason::NoCandidate(shown(before))));
        }
        self.filled(word, true)
    }

    fn filled(&self, word: &'a str, is_bare: bool) -> Result<(&'a str, bool), Refusal> {
        if word.is_empty() {
            Err(Refusal::at(self.line, Reason::Name))
        } else {
            Ok((word, is_bare))
        }
    }

    /// What parts two candidates, and whether it makes them equal.
    fn separator(&mut self) -> Result<(Parted, bool), Refusal> {
        if self.take('>') {
            Ok((Parted::Order, false))
        } else if self.take('=') {
            Ok((Parted::Order, true))
        } else if self.take(',') {
            Ok((Parted::Commas, true))
        } else {
            Err(Refusal::at(self.line, Reason::Separator(shown(self.rest))))
        }
    }
}
