//! What a decision did by itself, as its events tell it: every action that was due, once, and nothing else.

use std::collections::BTreeMap;

use governance::hash::Hash32;
use governance::record::Record as _;
use governance::rule::Outcome;
use wire::bundle::{Section, TallyLine};

use super::question::Question;
use super::words::{number, shown};
use crate::report::{At, Ledger};

const ACTIONS: &str = "what was executed is what was voted on, once";
const WHOLE: &str = "what was carried was executed whole";

/// The actions that were executed, as far as the events were read.
#[derive(Default)]
pub(super) struct Executed {
    /// The line of each by its place among the proposal's actions.
    actions: BTreeMap<Hash32, u64>,
    /// The line of the word that all is done, and how many actions it names.
    done: Option<(u64, Hash32)>,
}

impl Executed {
    /// An action that was executed must be one of the proposal's, each at most once, and none after the word that all is done.
    pub(super) fn take_action(&mut self, ledger: &mut Ledger, at: At, words: &[Hash32], question: Option<&Question>) {
        let [_, index, action] = words else { return };
        if let Some(question) = question {
            let namespace = question.line.record.namespace;
            let is_its_own = (0_u64..)
                .zip(&question.line.actions)
                .any(|(place, each)| number(place) == *index && each.record(namespace).struct_hash() == *action);
            ledger.hold(at, ACTIONS, is_its_own, || {
                format!("no action {} with this hash stands in the proposal", shown(*index))
            });
        }
        let before = self.actions.insert(*index, at.line.unwrap_or_default());
        ledger.hold(at, ACTIONS, before.is_none(), || {
            format!("action {} was executed twice", shown(*index))
        });
        ledger.hold(at, WHOLE, self.done.is_none(), || {
            format!("action {} was executed after proposal_executed", shown(*index))
        });
    }

    /// The word that all is done.
    pub(super) fn take_whole(&mut self, ledger: &mut Ledger, at: At, words: &[Hash32]) {
        let [_, actions] = words else { return };
        ledger.hold(at, WHOLE, self.done.is_none(), || {
            "the proposal was executed a second time".to_owned()
        });
        self.done = Some((at.line.unwrap_or_default(), *actions));
    }

    /// Whether anything was executed.
    pub(super) fn is_any(&self) -> bool {
        self.done.is_some() || !self.actions.is_empty()
    }

    /// Compares with what was due by the result: an execution is one transaction, so that there is all of it or nothing.
    pub(super) fn finish(&self, ledger: &mut Ledger, question: Option<&Question>, tally: Option<&TallyLine>) {
        let at = At::log(Section::Event);
        let first = self.actions.values().min().copied();
        let Some((done, named)) = self.done else {
            ledger.hold(at.line(first.unwrap_or_default()), WHOLE, first.is_none(), || {
                "actions were executed, and yet there is no proposal_executed".to_owned()
            });
            return;
        };
        let told = u64::try_from(self.actions.len()).unwrap_or(u64::MAX);
        ledger.hold(at.line(done), WHOLE, named == number(told), || {
            format!(
                "proposal_executed names {} actions, and {told} have an event",
                shown(named)
            )
        });
        let (Some(question), Some(tally)) = (question, tally) else {
            return;
        };
        ledger.hold(at.line(done), WHOLE, tally.outcome == Outcome::Passed, || {
            "the proposal was executed, and it did not pass".to_owned()
        });
        let elected = tally.count.iter().flat_map(|count| &count.elected);
        let elected: Vec<u16> = elected.filter_map(|number| number.checked_sub(1)).collect();
        for (place, planned) in (0_u64..).zip(&question.line.actions) {
            let line = self.actions.get(&number(place));
            if planned.is_due(&elected) {
                ledger.hold(at.line(done), WHOLE, line.is_some(), || {
                    format!("the proposal was executed, and yet action {place}, which was due, has no event")
                });
            } else if let Some(line) = line {
                ledger.hold(at.line(*line), WHOLE, false, || {
                    format!("action {place} was executed, and its option was not elected")
                });
            }
        }
    }
}
