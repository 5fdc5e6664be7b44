//! Level 1: what the lines of a bundle say about the log, brought together.

use std::collections::HashMap;

use governance::ballot::Choice;
use governance::log::LogEntry;
use governance::tally::motion::MotionTally;
use wire::bundle::{CheckpointLine, CoverLine, EventLine, Section};

use super::events::Reasons;
use super::places::Outcome;
use super::published::Published;
use super::{Audit, parse};
use crate::log::LogSource;
use crate::report::{At, InLog, Level, Read};

impl Audit<'_> {
    pub(super) fn begin_log(&mut self) {
        if let Some(header) = &self.header {
            self.places
                .begin(&mut self.ledger, self.line, &header.line, self.options);
        }
    }

    pub(super) fn claim_question(&mut self) {
        if let Some(question) = &self.question {
            let index = question.line.log_index;
            let leaf = LogEntry::of(&question.line.record).leaf_hash();
            self.places.proposal = index;
            self.places
                .claim(Section::Proposal, self.line, index.map(|index| (index, leaf)));
        }
    }

    pub(super) fn claim_tally(&mut self) {
        if let Some((line, tally)) = &self.tally {
            let index = tally.log_index;
            let leaf = LogEntry::of(&tally.record).leaf_hash();
            self.places.tally = index;
            self.places
                .claim(Section::Tally, *line, index.map(|index| (index, leaf)));
        }
    }

    /// Takes a line of one of the sections that are about the log alone.
    pub(super) fn take_log_line(&mut self, section: Section, at: At, line: &[u8]) {
        let number = self.line;
        let in_log = At::log(section).line(number);
        if section == Section::Event {
            let Some(event) = parse::<EventLine>(&mut self.ledger, at, line) else {
                return;
            };
            let index = event.log_index;
            let known = (self.header.as_ref(), self.question.as_ref());
            let leaf = self.events.take(&mut self.ledger, in_log, event, known);
            self.places.closed = self.events.closed_index();
            self.places.claim(section, number, index.map(|index| (index, leaf)));
        } else if section == Section::Checkpoint {
            if let Some(checkpoint) = parse::<CheckpointLine>(&mut self.ledger, at, line) {
                self.places.take_checkpoint(&mut self.ledger, number, &checkpoint);
            }
        } else if let Some(cover) = parse::<CoverLine>(&mut self.ledger, at, line) {
            self.places.take_cover(&mut self.ledger, number, &cover);
        }
    }

    /// Whether the rule lets voting end early, and no ballot beyond those counted could have changed the result.
    fn is_settled(&self) -> bool {
        let Some(question) = &self.question else { return false };
        let Some(rule) = question.rule.as_ref().filter(|rule| rule.early) else {
            return false;
        };
        let mut tally = MotionTally::default();
        // What ballots carry of others is still open while voting goes on.
        let nothing = HashMap::new();
        for (choice, weight) in self.ballots.choices(&nothing, self.events.judged()) {
            if let Choice::Motion(answer) = choice {
                tally.add(answer, weight);
            }
        }
        rule.early(&tally, question.line.record.roll_weight).is_some()
    }

    /// What can only be said of the log once everything was read, and what the published log says.
    pub(super) fn check_log(&mut self, published: Option<&LogSource>, read: &mut Read) {
        let everyone = self.question.as_ref().map(|question| question.line.record.roll_count);
        let everyone_voted = everyone.map(u64::from) == Some(self.ballots.counted());
        let reasons = Reasons {
            everyone_voted,
            is_settled: self.is_settled(),
            extension: self
                .question
                .as_ref()
                .and_then(|question| self.ballots.extension(question)),
        };
        let tally = self.tally.as_ref().map(|(_, tally)| tally);
        let ledger = &mut self.ledger;
        self.events.finish(ledger, self.question.as_ref(), tally, reasons);
        let former = self.options.former.as_ref();
        self.events.check_stage(ledger, self.question.as_ref(), tally, former);
        self.places.check_close(ledger);
        if self.stopped && self.places.names_log() {
            ledger.missing(At::log(self.last), "not everything was read".to_owned());
            return;
        }
        let outcome = self.places.finish(ledger);
        if self.places.names_log() && self.lines(Section::Event) == 0 {
            let text = "the events of the proposal are missing".to_owned();
            self.ledger.missing(At::log(Section::Event), text);
        }
        let (head, is_covered) = match outcome {
            Outcome::NoLog | Outcome::Nothing => (self.places.checkpoint.and_then(|(_, head)| head), false),
            Outcome::NotCovered(head) => (Some(head), false),
            Outcome::Proved(head) => (Some(head), true),
        };
        let Some(head) = head else { return };
        let newest = published.and_then(|source| {
            let (name, log) = (self.options.log.as_deref()?, self.places.log.as_ref()?);
            let published = Published {
                source,
                name,
                key: &log.key,
            };
            let line = self.places.checkpoint.map_or(0, |(line, _)| line);
            let newest = published.compare(&mut self.ledger, (line, head))?;
            if !is_covered {
                published.name_wrong_records(&mut self.ledger, &self.places, newest);
            }
            Some(newest)
        });
        let is_whole = self.question.is_some() && self.tally.is_some();
        if !is_whole {
            let text = "question or result are missing, so that the log cannot be asked for them".to_owned();
            self.ledger.missing(At::log(Section::Cover), text);
        }
        read.in_log = is_covered && is_whole && !self.ledger.is_contradicted(Level::L1);
        read.log = Some(InLog {
            checkpoint: head.into(),
            opened: self.places.proposal,
            closed: self.places.closed,
            result: self.places.tally,
            records: self.places.count(),
            published: newest.map(Into::into),
        });
    }
}
