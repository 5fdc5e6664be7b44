//! Aim: what a decision did by itself is what was voted on and was due, once and whole, or it is named. Method: an election of which
//! one action is always due, one by its winner and one by somebody who was not elected; its events are written and logged as an
//! honest server would, then as a dishonest one.

use audit::{Level, Standing};
use governance::action::{Action, FormOne, Planned};
use governance::event::EventKind;
use governance::hash::Hash32;
use governance::id::MemberId;
use governance::membership::Role;
use governance::record::Record as _;
use serde_json::Value;
use wire::bundle::{ProposalLine, Section};

use crate::builder::{Story, election, motion};
use crate::bundles::names;
use crate::in_log::check;
use crate::in_log_events::refact;
use crate::placing::{Placed, event, section};
use crate::tampering::verify;

fn grant(member: u128, option: Option<u16>) -> Planned {
    Planned {
        option,
        act: Action::GrantRole {
            version: FormOne,
            member: format!("00000000-0000-4000-8000-{member:012}")
                .parse::<MemberId>()
                .unwrap(),
            role: Role::Auditor,
            reason: "elected".to_owned(),
        },
    }
}

/// An election whose first action is due in any case, the second since its option is elected, the third not.
fn acting() -> Story {
    let mut story = election(false);
    let tally = crate::builder::lines(&story);
    let tally = tally.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let tally = tally.into_iter().find(|line| line["section"] == "tally").unwrap();
    let elected: Vec<u64> = serde_json::from_value(tally["count"]["elected"].clone()).unwrap();
    let others = (1..=4).find(|number| !elected.contains(number)).unwrap();
    let option = |number: u64| Some(u16::try_from(number - 1).unwrap());
    story.actions = vec![grant(1, None), grant(2, option(elected[0])), grant(3, option(others))];
    story
}

/// Tells these events after all others, in the log and in the file.
fn tell(placed: &mut Placed, events: Vec<Value>) {
    for event in events {
        let place = placed
            .lines
            .iter()
            .position(|line| section(line) > Section::Event)
            .unwrap();
        placed.lines.insert(place, event);
        placed.place(place);
    }
}

fn number(value: u64) -> Hash32 {
    Hash32::from_u128(value.into())
}

fn question(placed: &Placed) -> ProposalLine {
    let line = placed
        .lines
        .iter()
        .find(|line| section(line) == Section::Proposal)
        .unwrap();
    serde_json::from_value(line.clone()).unwrap()
}

/// Word that this action was done; `again` tells two words of one action apart.
fn done(placed: &Placed, action: usize, again: u128) -> Value {
    let question = question(placed);
    let hash = question.actions[action].record(question.record.namespace).struct_hash();
    let mut told = event(&question, EventKind::ActionExecuted, &[number(action as u64), hash]);
    told["record"]["salt"] = serde_json::json!(Hash32::from_u128(0xac70 + action as u128 * 16 + again));
    told
}

fn whole(placed: &Placed, actions: u64) -> Value {
    event(&question(placed), EventKind::ProposalExecuted, &[number(actions)])
}

/// An honest execution.
fn executed() -> Placed {
    let mut placed = Placed::new(&acting());
    let events = vec![done(&placed, 0, 0), done(&placed, 1, 0), whole(&placed, 2)];
    tell(&mut placed, events);
    placed
}

#[test]
fn a_decision_that_was_executed_whole_is_shown_so_and_one_that_waits_too() {
    for placed in [executed(), Placed::new(&acting())] {
        let report = verify(&placed.seal());
        assert_eq!(report.levels[&Level::L1], Standing::Holds, "{:#?}", names(&report));
    }
}

type Telling = fn(&mut Placed);

/// What is wrong, how it is told, and how it is found.
const TELLINGS: [(&str, Telling, &str); 8] = [
    (
        "one is missing",
        |placed| {
            let events = vec![done(placed, 0, 0), whole(placed, 2)];
            tell(placed, events);
        },
        "yet action 1, which was due, has no event",
    ),
    (
        "the missing one is not counted either",
        |placed| {
            let events = vec![done(placed, 1, 0), whole(placed, 1)];
            tell(placed, events);
        },
        "yet action 0, which was due, has no event",
    ),
    (
        "one that was not due",
        |placed| {
            let events = vec![
                done(placed, 0, 0),
                done(placed, 1, 0),
                done(placed, 2, 0),
                whole(placed, 3),
            ];
            tell(placed, events);
        },
        "action 2 was executed, and its option was not elected",
    ),
    (
        "one twice",
        |placed| {
            let events = vec![
                done(placed, 0, 0),
                done(placed, 1, 0),
                done(placed, 1, 1),
                whole(placed, 2),
            ];
            tell(placed, events);
        },
        "action 1 was executed twice",
    ),
    (
        "without the last word",
        |placed| {
            let events = vec![done(placed, 0, 0), done(placed, 1, 0)];
            tell(placed, events);
        },
        "there is no proposal_executed",
    ),
    (
        "one after the last word",
        |placed| {
            let events = vec![done(placed, 0, 0), whole(placed, 2), done(placed, 1, 0)];
            tell(placed, events);
        },
        "action 1 was executed after proposal_executed",
    ),
    (
        "another number",
        |placed| {
            let events = vec![done(placed, 0, 0), done(placed, 1, 0), whole(placed, 3)];
            tell(placed, events);
        },
        "proposal_executed names 3 actions, and 2 have an event",
    ),
    (
        "another action",
        |placed| {
            let events = vec![done(placed, 0, 0), done(placed, 1, 0), whole(placed, 2)];
            tell(placed, events);
            refact(placed, EventKind::ActionExecuted, |facts| facts[2] = Hash32::ZERO);
        },
        "no action 0 with this hash stands in the proposal",
    ),
];

#[test]
fn an_execution_that_is_not_whole_or_does_more_than_was_due_is_named() {
    for (name, change, text) in TELLINGS {
        let mut placed = Placed::new(&acting());
        change(&mut placed);
        check(name, &verify(&placed.seal()), Section::Event, text);
    }
}

#[test]
fn a_decision_that_did_not_pass_was_not_executed() {
    let mut story = motion(false);
    story.actions = vec![grant(1, None)];
    for cast in &mut story.casts {
        cast.1 = vec![1];
    }
    let mut placed = Placed::new(&story);
    let events = vec![done(&placed, 0, 0), whole(&placed, 1)];
    tell(&mut placed, events);
    let report = verify(&placed.seal());
    check(
        "failed",
        &report,
        Section::Event,
        "the proposal was executed, and it did not pass",
    );
}
