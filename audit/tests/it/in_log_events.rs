//! Aim: events that are missing, doubled or at odds with the records are found and named. Method: a decision in a log, with one
//! event changed, hashed and logged as if it were right.

use audit::{Level, Standing};
use governance::event::EventKind;
use governance::hash::{Hash32, keccak256};
use governance::id::MemberId;
use serde_json::json;
use wire::bundle::Section;

use crate::builder::{OPENS_AT, Story, motion};
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

/// Events of these kinds and actors with these facts, in the places of the two that nothing depends on, in this order.
fn in_place_of_the_first(placed: &mut Placed, told: [(EventKind, Hash32, Vec<Hash32>); 2]) {
    let proposal: wire::bundle::ProposalLine = serde_json::from_value(placed.of(Section::Proposal)[0].clone()).unwrap();
    let old = [EventKind::ProposalDrafted, EventKind::ProposalDiscussed];
    for (old, (kind, actor, facts)) in old.into_iter().zip(told) {
        let mut line = crate::placing::event(&proposal, kind, &facts);
        let place = placed.event(old);
        line["log_index"] = place["log_index"].clone();
        *place = line;
        refact(placed, kind, |words| words[0] = actor);
    }
}

#[test]
fn what_is_contested_or_set_aside_is_not_executed_and_nobody_answers_their_own_contest() {
    let (ada, steward) = (Hash32::from_u128(1), Hash32::from_u128(2));
    let raised = || (EventKind::ContestRaised, ada, vec![keccak256(b"why")]);
    let ended = |by, of, verdict: &str| {
        let facts = vec![of, keccak256(verdict.as_bytes()), keccak256(b"why")];
        (EventKind::ContestEnded, by, facts)
    };
    let executed = || (EventKind::ProposalExecuted, Hash32::ZERO, vec![Hash32::ZERO]);
    for (told, text) in [
        ([raised(), executed()], "it was executed while its result was contested"),
        (
            [raised(), ended(ada, ada, "dismissed")],
            "a steward answered the own contest",
        ),
        (
            [ended(steward, ada, "dismissed"), raised()],
            "a contest was answered that nobody had raised",
        ),
        (
            [ended(steward, ada, "upheld"), executed()],
            "it was executed although its result was set aside",
        ),
    ] {
        let mut placed = Placed::new(&motion(false));
        in_place_of_the_first(&mut placed, told);
        check("contest", &verify(&placed.seal()), Section::Event, text);
    }
    let mut placed = Placed::new(&motion(false));
    in_place_of_the_first(&mut placed, [raised(), ended(steward, ada, "dismissed")]);
    assert_eq!(verify(&placed.seal()).levels[&Level::L1], Standing::Holds);
}

#[test]
fn nobody_votes_on_an_expulsion_before_the_member_was_told_these_grounds_and_could_reply() {
    let ada: MemberId = "00000000-0000-4000-8000-000000000001".parse().unwrap();
    let steward = Hash32::from_u128(2);
    let act = json!({"act": {"action": "expel", "version": 1, "member": ada, "reason": "theft"}});
    let story = Story {
        actions: vec![serde_json::from_value(act).unwrap()],
        ..motion(false)
    };
    let number = |value: u64| Hash32::from_u128(value.into());
    let given = |grounds: &str, until: u64| {
        let facts = vec![ada.word(), keccak256(grounds.as_bytes()), number(until)];
        (EventKind::NoticeGiven, steward, facts)
    };
    let replied = || (EventKind::NoticeReplied, ada.word(), vec![keccak256(b"not I")]);
    let scheduled = || (EventKind::OpeningScheduled, steward, vec![number(1), number(2)]);
    let unscheduled = || (EventKind::OpeningUnscheduled, steward, vec![keccak256(b"not yet")]);
    for told in [
        [given("theft", OPENS_AT), scheduled()],
        [given("theft", OPENS_AT + 9), replied()],
    ] {
        let mut placed = Placed::new(&story);
        in_place_of_the_first(&mut placed, told);
        let report = verify(&placed.seal());
        assert_eq!(report.levels[&Level::L1], Standing::Holds, "{:#?}", report.findings);
    }
    let untold = "was not told before voting opened that this would expel them, on these grounds";
    let early = "could reply until 1000009, and voting opened before";
    for (name, told, text) in [
        ("no notice", [scheduled(), unscheduled()], untold),
        ("other grounds", [given("fraud", OPENS_AT), replied()], untold),
        ("no time", [given("theft", OPENS_AT + 9), scheduled()], early),
        (
            "a reply to something else",
            [replied(), given("theft", OPENS_AT + 9)],
            early,
        ),
    ] {
        let mut placed = Placed::new(&story);
        in_place_of_the_first(&mut placed, told);
        check(name, &verify(&placed.seal()), Section::Event, text);
    }
}
