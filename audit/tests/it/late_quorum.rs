//! Aim: a vote that went on after its announced end went on because the quorum was met late, for as long as the rule says, and for
//! nothing else. Method: a decision in a log whose rule lets voting go on, told, untold and told otherwise, with ballots within and
//! after the time that it went on.

use audit::{Level, Standing};
use governance::event::EventKind;
use governance::hash::Hash32;
use governance::rule::DecisionRule;
use wire::bundle::{ProposalLine, Section};

use crate::builder::{CLOSES_AT, Story, motion};
use crate::in_log::check;
use crate::placing::{Placed, entry_of, event};
use crate::tampering::verify;

/// The first of four ballots meets the quorum, ten seconds after voting opened: voting goes on until so many seconds after that.
fn story(late_quorum_seconds: u64) -> Story {
    Story {
        rule: DecisionRule {
            late_quorum_seconds,
            ..DecisionRule::simple_majority()
        },
        ..motion(false)
    }
}

/// In the place of an event that nothing depends on stands that voting went on because of a ballot until a moment.
fn told(mut placed: Placed, ballot: u64, until: u64) -> Placed {
    let proposal: ProposalLine = serde_json::from_value(placed.of(Section::Proposal)[0].clone()).unwrap();
    let number = |value: u64| Hash32::from_u128(value.into());
    let mut line = event(&proposal, EventKind::VotingExtended, &[number(ballot), number(until)]);
    let place = placed.event(EventKind::ProposalDiscussed);
    line["log_index"] = place["log_index"].clone();
    *place = line.clone();
    let index = usize::try_from(line["log_index"].as_u64().unwrap()).unwrap();
    placed.entries[index] = entry_of(&line).unwrap();
    placed
}

const DUE: u64 = CLOSES_AT + 10;
/// Just so long that ten seconds after the announced end are due, and just not.
const LONG: u64 = 1_000_000;
const SHORT: u64 = 999_990;

#[test]
fn voting_that_went_on_as_the_ballots_say_is_borne_out() {
    for placed in [told(Placed::new(&story(LONG)), 100, DUE), Placed::new(&story(SHORT))] {
        assert_eq!(verify(&placed.seal()).levels[&Level::L1], Standing::Holds);
    }
    // A ballot came while voting went on.
    let mut placed = told(Placed::new(&story(LONG)), 100, DUE);
    placed.of(Section::Ballot)[3]["at"] = DUE.into();
    let report = verify(&placed.seal());
    assert_eq!((report.status, report.levels[&Level::L1]), (0, Standing::Holds));
}

#[test]
fn voting_that_went_on_otherwise_or_not_at_all_is_named() {
    let untold = Placed::new(&story(LONG));
    let text = "ballot 100 met the quorum so late that voting goes on until 2000010, and it did not";
    check("untold", &verify(&untold.seal()), Section::Event, text);
    for (name, late_quorum_seconds, ballot, until, text) in [
        (
            "not due",
            SHORT,
            100,
            DUE,
            "voting went on until 2000010, and no quorum was met late",
        ),
        (
            "no such rule",
            0,
            100,
            DUE,
            "voting went on until 2000010, and no quorum was met late",
        ),
        (
            "too long",
            LONG,
            100,
            DUE + 1,
            "the ballots say until 2000010, because of 100",
        ),
        (
            "too short",
            LONG,
            100,
            DUE - 1,
            "the ballots say until 2000010, because of 100",
        ),
        (
            "another ballot",
            LONG,
            102,
            DUE,
            "because of ballot 102; the ballots say until 2000010, because of 100",
        ),
    ] {
        let placed = told(Placed::new(&story(late_quorum_seconds)), ballot, until);
        check(name, &verify(&placed.seal()), Section::Event, text);
    }
    let mut placed = told(Placed::new(&story(LONG)), 100, DUE);
    placed.of(Section::Ballot)[3]["at"] = (DUE + 1).into();
    named(
        &placed,
        "the ballot came at 2000011, voting went from 1000000 to 2000010",
    );
    let mut placed = Placed::new(&story(0));
    placed.of(Section::Ballot)[3]["at"] = (CLOSES_AT + 1).into();
    named(
        &placed,
        "the ballot came at 2000001, voting went from 1000000 to 2000000",
    );
}

/// A ballot is found to have come out of time.
fn named(placed: &Placed, text: &str) {
    let report = verify(&placed.seal());
    let found = report
        .findings
        .iter()
        .any(|finding| finding.section == Section::Ballot && finding.text.contains(text));
    assert!(report.status == 1 && found, "{:#?}", report.findings);
}
