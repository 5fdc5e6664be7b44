//! Aim: events that are missing, doubled or at odds with the records are found and named. Method: a decision in a log, with one
//! event changed, hashed and logged as if it were right.

use audit::{Level, Standing};
use governance::event::EventKind;
use governance::hash::{Hash32, keccak256};
use serde_json::json;
use wire::bundle::Section;

use crate::builder::motion;
use crate::bundles::names;
use crate::in_log::{check, required};
use crate::placing::{Placed, section};
use crate::tampering::{verify, verify_lines};

/// Gives an event other facts, and hashes and logs it as if they were right.
pub fn refact(placed: &mut Placed, kind: EventKind, change: impl FnOnce(&mut Vec<Hash32>)) {
    let line = placed.event(kind);
    let mut facts: Vec<Hash32> = serde_json::from_value(line["facts"].clone()).unwrap();
    change(&mut facts);
    line["facts"] = json!(facts);
    line["record"]["payload"] = json!(governance::event::payload(&facts));
    let (index, entry) = (
        line["log_index"].as_u64().unwrap(),
        crate::placing::entry_of(line).unwrap(),
    );
    placed.entries[usize::try_from(index).unwrap()] = entry;
}

type Change = fn(&mut Placed);

/// What is wrong with the events, and how it is told.
const EVENTS: [(&str, Change, &str); 14] = [
    (
        "no opening",
        |placed| drop_event(placed, EventKind::ProposalOpened),
        "there is no proposal_opened",
    ),
    (
        "no close",
        |placed| drop_event(placed, EventKind::ProposalClosed),
        "there is no proposal_closed",
    ),
    (
        "no result",
        |placed| drop_event(placed, EventKind::ResultPublished),
        "there is no result_published",
    ),
    (
        "two closes",
        |placed| double_event(placed, EventKind::ProposalClosed),
        "a second proposal_closed",
    ),
    (
        "two results",
        |placed| double_event(placed, EventKind::ResultPublished),
        "a second result_published",
    ),
    (
        "another question",
        |placed| refact(placed, EventKind::ProposalOpened, |facts| facts[1] = Hash32::ZERO),
        "names another proposal than the one",
    ),
    (
        "another close marker",
        |placed| {
            refact(placed, EventKind::ProposalClosed, |facts| {
                facts[1] = Hash32::from_u128(104)
            })
        },
        "names 104 as the last ballot, the tally's close marker is 106",
    ),
    (
        "a marker that is no number",
        |placed| refact(placed, EventKind::ProposalClosed, |facts| facts[1] = keccak256(b"")),
        "as the last ballot, the tally's close marker is 106",
    ),
    (
        "a close before everyone voted",
        |placed| {
            refact(placed, EventKind::ProposalClosed, |facts| {
                facts[2] = keccak256(b"all_voted")
            })
        },
        "and not everyone had",
    ),
    (
        "no reason to close",
        |placed| {
            refact(placed, EventKind::ProposalClosed, |facts| {
                facts[2] = keccak256(b"because")
            })
        },
        "a reason that there is not",
    ),
    (
        "another result",
        |placed| refact(placed, EventKind::ResultPublished, |facts| facts[1] = Hash32::ZERO),
        "names another tally than the one",
    ),
    (
        "another outcome",
        |placed| {
            refact(placed, EventKind::ResultPublished, |facts| {
                facts[2] = Hash32::from_u128(2)
            })
        },
        "names the outcome 2, the tally 1",
    ),
    (
        "a fact too many",
        |placed| refact(placed, EventKind::ProposalOpened, |facts| facts.push(Hash32::ZERO)),
        "proposal_opened has 2 words with its actor, not 3",
    ),
    (
        "facts that were not hashed",
        |placed| placed.event(EventKind::ProposalDrafted)["facts"][2] = json!(Hash32::ZERO),
        "the facts do not have the hash",
    ),
];

fn drop_event(placed: &mut Placed, kind: EventKind) {
    placed.event(kind);
    placed
        .lines
        .retain(|line| section(line) != Section::Event || line["record"]["kind"] != kind.code());
}

/// A second event of the kind, with another salt, the next in the log.
fn double_event(placed: &mut Placed, kind: EventKind) {
    let mut second = placed.event(kind).clone();
    second["record"]["salt"] = json!(keccak256(b"second"));
    let place = placed
        .lines
        .iter()
        .position(|line| section(line) > Section::Event)
        .unwrap();
    placed.lines.insert(place, second);
    placed.place(place);
}

#[test]
fn events_that_are_missing_doubled_or_contradict_the_records_are_named() {
    for (name, change, text) in EVENTS {
        let mut placed = Placed::new(&motion(false));
        change(&mut placed);
        check(name, &verify(&placed.seal()), Section::Event, text);
    }
    let mut placed = Placed::new(&motion(false));
    double_event(&mut placed, EventKind::ProposalDiscussed);
    placed
        .lines
        .iter_mut()
        .filter(|line| line["record"]["kind"] == 32)
        .for_each(|line| {
            line["record"]["kind"] = EventKind::ProposalCancelled.code().into();
        });
    check(
        "cancelled",
        &verify(&placed.seal()),
        Section::Event,
        "proposal_cancelled, and yet there is a result",
    );
    let mut placed = Placed::new(&motion(false));
    placed.event(EventKind::ProposalDiscussed)["record"]["subject"] = json!(Hash32::ZERO);
    check(
        "another's",
        &verify(&placed.seal()),
        Section::Event,
        "happened to something else",
    );
    let mut placed = Placed::new(&motion(false));
    placed.event(EventKind::ProposalDiscussed)["record"]["kind"] = EventKind::MemberAdmitted.code().into();
    check(
        "a member's",
        &verify(&placed.seal()),
        Section::Event,
        "member_admitted does not happen to a proposal",
    );
}

#[test]
fn an_event_of_a_kind_that_came_later_says_nothing_and_is_held_all_the_same() {
    let mut placed = Placed::new(&motion(false));
    double_event(&mut placed, EventKind::ProposalDiscussed);
    let place = placed
        .lines
        .iter()
        .rposition(|line| section(line) == Section::Event)
        .unwrap();
    placed.lines[place]["record"]["kind"] = 999.into();
    placed.place(place);
    assert_eq!(verify(&placed.seal()).levels[&Level::L1], Standing::Holds);
}

#[test]
fn events_that_were_dropped_altogether_are_missing() {
    let mut placed = Placed::new(&motion(false));
    placed.lines.retain(|line| section(line) != Section::Event);
    let report = verify(&placed.seal());
    assert_eq!(
        (report.status, report.levels[&Level::L1]),
        (0, Standing::Lacking),
        "{:#?}",
        names(&report)
    );
    assert_eq!(verify_lines(&placed.seal(), &required(&placed)).status, 2);
}

/// The events of two kinds change places in the log.
fn swap_events(placed: &mut Placed, one: EventKind, other: EventKind) {
    let places = [one, other].map(|kind| placed.event(kind)["log_index"].clone());
    let number = |place: &serde_json::Value| usize::try_from(place.as_u64().unwrap()).unwrap();
    placed.entries.swap(number(&places[0]), number(&places[1]));
    let [to_other, to_one] = places;
    placed.event(one)["log_index"] = to_one;
    placed.event(other)["log_index"] = to_other;
}

/// Puts the lines of the events in the order of their places.
fn sort_events(placed: &mut Placed) {
    placed.lines.sort_by_key(|line| {
        let is_event = section(line) == Section::Event;
        (section(line), if is_event { line["log_index"].as_u64() } else { None })
    });
}

#[test]
fn opening_close_and_result_stand_in_their_order_in_the_log_and_in_the_file() {
    use EventKind::{ProposalClosed, ProposalDiscussed, ProposalDrafted, ProposalOpened, ResultPublished};
    for (one, other, text) in [
        (
            ProposalOpened,
            ProposalClosed,
            "proposal_closed stands before proposal_opened in the log",
        ),
        (
            ProposalClosed,
            ResultPublished,
            "result_published stands before proposal_closed in the log",
        ),
    ] {
        let mut placed = Placed::new(&motion(false));
        swap_events(&mut placed, one, other);
        sort_events(&mut placed);
        check("order", &verify(&placed.seal()), Section::Event, text);
    }
    let mut placed = Placed::new(&motion(false));
    swap_events(&mut placed, ProposalDrafted, ProposalDiscussed);
    let report = verify(&placed.seal());
    check(
        "lines",
        &report,
        Section::Event,
        "no further back in the log than the one before",
    );
    sort_events(&mut placed);
    assert_eq!(verify(&placed.seal()).levels[&Level::L1], Standing::Holds);
}
