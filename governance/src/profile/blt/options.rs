//! The candidates of a ballot file by number and short name, and the lines that stand before its papers.

use std::collections::BTreeMap;

use crate::profile::line::{shown, whole_number};
use crate::profile::{Reason, Refusal};

/// What is known of the candidates while the papers are read.
pub(super) struct Names {
    candidates: u16,
    nicks: BTreeMap<String, u16>,
    withdrawn: Vec<u16>,
    tie_order: Option<Vec<u16>>,
}

impl Names {
    pub(super) const fn new(candidates: u16) -> Self {
        Self {
            candidates,
            nicks: BTreeMap::new(),
            withdrawn: Vec::new(),
            tie_order: None,
        }
    }

    pub(super) fn count(&self) -> usize {
        usize::from(self.candidates)
    }

    pub(super) fn withdrawn(&self) -> Vec<u16> {
        self.withdrawn.clone()
    }

    pub(super) fn tie_order(&self) -> Option<Vec<u16>> {
        self.tie_order.clone()
    }

    /// The candidate that a word names, from 0.
    pub(super) fn candidate(&self, line: usize, word: &str) -> Result<u16, Refusal> {
        let numbered = whole_number(word)
            .and_then(|number| u16::try_from(number).ok())
            .filter(|number| *number <= self.candidates)
            .and_then(|number| number.checked_sub(1));
        numbered.or_else(|| self.nicks.get(word).copied()).ok_or_else(|| {
            let (word, candidates) = (shown(word), self.candidates);
            Refusal::at(line, Reason::UnknownCandidate { word, candidates })
        })
    }

    fn withdraw(&mut self, line: usize, candidate: u16) -> Result<(), Refusal> {
        match self.withdrawn.binary_search(&candidate) {
            Ok(_) => Err(Refusal::at(line, Reason::Repeated(candidate.saturating_add(1)))),
            Err(place) => {
                self.withdrawn.insert(place, candidate);
                if self.withdrawn.len() < self.count() {
                    Ok(())
                } else {
                    Err(Refusal::at(line, Reason::AllWithdrawn))
                }
            }
        }
    }
}

/// A line `-3` or `-3 -5`: candidates who withdrew.
pub(super) fn parse_withdrawals(line: usize, text: &str, names: &mut Names) -> Result<(), Refusal> {
    for word in text.split_whitespace() {
        let candidate = names.candidate(line, word.strip_prefix('-').unwrap_or(word))?;
        names.withdraw(line, candidate)?;
    }
    Ok(())
}

/// A line in square brackets.
pub(super) fn parse_option(line: usize, text: &str, names: &mut Names) -> Result<(), Refusal> {
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .ok_or_else(|| Refusal::at(line, Reason::UnendedOption))?;
    let mut words = inner.split_whitespace();
    match words.next() {
        Some("nick") => parse_nicks(line, &words.collect::<Vec<_>>(), names),
        Some("withdrawn") => {
            for word in words {
                let candidate = names.candidate(line, word)?;
                names.withdraw(line, candidate)?;
            }
            Ok(())
        }
        Some("tie") => {
            let words: Vec<&str> = words.collect();
            require_length(line, "tie", words.len(), names)?;
            let mut order = Vec::with_capacity(words.len());
            for word in words {
                let candidate = names.candidate(line, word)?;
                if order.contains(&candidate) {
                    return Err(Refusal::at(line, Reason::Repeated(candidate.saturating_add(1))));
                }
                order.push(candidate);
            }
            names.tie_order = Some(order);
            Ok(())
        }
        Some(other) => Err(Refusal::at(line, Reason::UnknownOption(shown(other)))),
        None => Err(Refusal::at(line, Reason::UnknownOption(String::new()))),
    }
}

fn require_length(line: usize, option: &'static str, given: usize, names: &Names) -> Result<(), Refusal> {
    if given == names.count() {
        return Ok(());
    }
    let expected = names.candidates;
    Err(Refusal::at(
        line,
        Reason::OptionLength {
            option,
            expected,
            given,
        },
    ))
}

fn parse_nicks(line: usize, words: &[&str], names: &mut Names) -> Result<(), Refusal> {
    require_length(line, "nick", words.len(), names)?;
    for (candidate, word) in (0..names.candidates).zip(words) {
        let usable = word.starts_with(char::is_alphabetic) && !word.contains(['=', '[', ']', '#', '"']);
        if !usable || names.nicks.insert((*word).to_owned(), candidate).is_some() {
            return Err(Refusal::at(line, Reason::Nick(shown(word))));
        }
    }
    Ok(())
}
