//! That a vote on several proposals asks what each of them asked: the same text and the same actions, one option each.

use governance::action::actions_hash;
use governance::alternative::{actions_at, has_default, option_name, split};
use governance::hash::Hash32;
use governance::record::texts_hash;
use wire::bundle::{EventLine, Section};

use super::question::Question;
use super::words::{number, small};
use crate::report::{At, Ledger};

const JOINED: &str = "the options of a vote on several proposals are these, with their texts and actions";

/// What an event says of one option.
struct Part {
    line: u64,
    index: Option<u64>,
    text: Hash32,
    actions: Hash32,
    length: u64,
}

/// The options that were joined, as far as the events were read.
#[derive(Default)]
pub(super) struct Joined {
    options: Vec<Part>,
}

impl Joined {
    /// Takes in the event that joined an option; they come in their order.
    pub(super) fn take(&mut self, ledger: &mut Ledger, at: At, line: &EventLine) {
        let [_, place, _, text, actions, length] = line.facts.as_slice() else {
            return;
        };
        let expected = u64::try_from(self.options.len()).unwrap_or(u64::MAX).saturating_add(1);
        ledger.hold(at, JOINED, *place == number(expected), || {
            format!("option {expected} should be told here, and another is")
        });
        self.options.push(Part {
            line: at.line.unwrap_or_default(),
            index: line.log_index,
            text: *text,
            actions: *actions,
            length: small(*length).unwrap_or_default(),
        });
    }

    /// Compares with the question, once everything was read.
    pub(super) fn finish(&self, ledger: &mut Ledger, question: Option<&Question>, opened: Option<u64>) {
        let (Some(first), Some(question)) = (self.options.first(), question) else {
            return;
        };
        let at = At::log(Section::Event);
        let line = &question.line;
        let by_default = question.rule.as_ref().is_none_or(has_default);
        ledger.hold(at.line(first.line), JOINED, by_default, || {
            "several proposals are put to one vote in which nothing changes cannot win".to_owned()
        });
        ledger.hold(
            at.line(first.line),
            JOINED,
            self.options.len() == line.options.len(),
            || {
                let (told, are) = (self.options.len(), line.options.len());
                format!("{told} options were joined, and the proposal has {are}")
            },
        );
        ledger.hold(
            at.line(first.line),
            JOINED,
            line.actions.iter().all(|each| each.option.is_some()),
            || "an action of the proposal waits for none of the options".to_owned(),
        );
        let lengths: Vec<u64> = self.options.iter().map(|option| option.length).collect();
        let parts = split(&line.body, &lengths);
        ledger.hold(at.line(first.line), JOINED, parts.is_some(), || {
            "the text of the proposal is not that of its options, one after the other".to_owned()
        });
        for (place, (option, (title, body))) in (1_u16..).zip(self.options.iter().zip(parts.unwrap_or_default())) {
            let at = at.line(option.line);
            let named = line.options.get(usize::from(place).saturating_sub(1));
            let is_named = named == Some(&option_name(usize::from(place), &title));
            let same = is_named && texts_hash([title.as_str(), body.as_str()]) == option.text;
            ledger.hold(at, JOINED, same, || {
                format!("option {place} has another text than the proposal that it was")
            });
            let namespace = line.record.namespace;
            let same = actions_hash(&actions_at(&line.actions, place), namespace) == option.actions;
            ledger.hold(at, JOINED, same, || {
                format!("option {place} does something else than the proposal that it was")
            });
            let in_time = option.index.zip(opened).is_none_or(|(joined, opened)| joined < opened);
            ledger.hold(at, JOINED, in_time, || {
                format!("option {place} was joined after voting had opened")
            });
        }
    }
}
