//! Collecting papers while a file is read, within the bounds.

use super::line::{shown, whole_number};
use super::paper::{Draft, Papers};
use super::{LINES_MAX, Reason, Refusal, SCORE_MAX, WEIGHT_MAX};

/// The papers read so far, and the one being read.
#[derive(Debug, Default)]
pub(super) struct Collector {
    papers: Papers,
    draft: Draft,
    line: usize,
    weight: u64,
    /// The last paper that named each candidate, by its place from 1: nothing has to be cleared between papers.
    named_by: Vec<usize>,
}

impl Collector {
    /// Begins a paper.
    pub(super) fn begin(&mut self, line: usize, weight: u64) -> Result<(), Refusal> {
        if self.papers.len() >= LINES_MAX {
            return Err(Refusal::at(line, Reason::TooManyPapers));
        }
        self.line = line;
        self.weight = weight;
        self.draft.clear();
        Ok(())
    }

    /// Notes that the paper names a candidate; `false` if it did so before.
    pub(super) fn is_first(&mut self, candidate: u16) -> bool {
        let at = usize::from(candidate);
        if at >= self.named_by.len() {
            self.named_by.resize(at.saturating_add(1), 0);
        }
        let turn = self.papers.len().saturating_add(1);
        self.named_by
            .get_mut(at)
            .is_some_and(|before| std::mem::replace(before, turn) != turn)
    }

    /// Refuses a candidate whom the paper named before.
    pub(super) fn once(&mut self, candidate: u16) -> Result<(), Refusal> {
        if self.is_first(candidate) {
            Ok(())
        } else {
            Err(Refusal::at(self.line, Reason::Repeated(candidate.saturating_add(1))))
        }
    }

    /// How many papers they are, where the file says so after the ranking.
    pub(super) fn set_weight(&mut self, weight: u64) {
        self.weight = weight;
    }

    pub(super) fn draft(&mut self) -> &mut Draft {
        &mut self.draft
    }

    /// Ends the paper.
    pub(super) fn end(&mut self) {
        self.draft.end();
        self.papers.push(self.line, self.weight, &self.draft);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.papers.len() == 0
    }

    pub(super) fn len(&self) -> usize {
        self.papers.len()
    }

    pub(super) fn finish(self) -> Papers {
        self.papers
    }
}

/// How many papers a line stands for.
pub(super) fn weight(line: usize, word: &str) -> Result<u64, Refusal> {
    whole_number(word)
        .filter(|weight| (1..=WEIGHT_MAX).contains(weight))
        .ok_or_else(|| Refusal::at(line, Reason::Weight(shown(word))))
}

/// A score.
pub(super) fn score(line: usize, word: &str) -> Result<u32, Refusal> {
    whole_number(word)
        .and_then(|score| u32::try_from(score).ok())
        .filter(|score| *score <= SCORE_MAX)
        .ok_or_else(|| Refusal::at(line, Reason::Score(shown(word))))
}
