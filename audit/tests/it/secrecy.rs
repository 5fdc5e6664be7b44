//! Aim: a bundle of secret ballots tells what its tier lets it tell and no more, and what it cannot prove it says. Method: honest stories
//! in each tier, and forgeries that hash and sign everything as if it were right.

use audit::{Level, Report, Standing};
use governance::event::EventKind;
use governance::hash::{Hash32, keccak256};
use governance::rule::{Quorum, QuorumCounts, Ratio};
use governance::signature::SignatureKind;
use wire::bundle::Section;

use crate::builder::{Key, Story, lines, motion};
use crate::bundles::names;
use crate::in_log::check;
use crate::in_log_events::refact;
use crate::placing::{Placed, event, section};
use crate::tampering::verify;

fn sealed() -> Story {
    Story {
        secrecy: 2,
        ..motion(false)
    }
}

/// The motion of four members, none of whom has a key.
pub fn pseudonymous() -> Story {
    Story {
        secrecy: 1,
        voters: (0..4).map(|number| Key::of(SignatureKind::Session, number)).collect(),
        ..motion(false)
    }
}

fn doubts(report: &Report, text: &str) -> usize {
    report.not_proved.iter().filter(|doubt| doubt.contains(text)).count()
}

#[test]
fn honest_bundles_of_every_tier_hold_and_say_what_they_leave_open() {
    let cases: [(&str, Story, &[&str]); 3] = [
        ("open", motion(false), &[]),
        ("sealed", sealed(), &["nobody saw ballots before the count"]),
        (
            "pseudonymous",
            pseudonymous(),
            &[
                "each pseudonym stands for one member",
                "nobody can tell whose pseudonym it is",
                "only 3 ballots were cast",
                "all 3 ballots say the same",
            ],
        ),
    ];
    let all: Vec<&str> = cases.iter().flat_map(|(_, _, texts)| *texts).copied().collect();
    for (name, story, texts) in &cases {
        for report in [verify(&lines(story)), verify(&Placed::new(story).seal())] {
            assert_eq!(report.status, 0, "{name}: {:#?}", names(&report));
            for text in &all {
                assert_eq!(
                    doubts(&report, text),
                    usize::from(texts.contains(text)),
                    "{name}: {text}"
                );
            }
        }
        assert_eq!(
            verify(&Placed::new(story).seal()).levels[&Level::L1],
            Standing::Holds,
            "{name}"
        );
    }
}

#[test]
fn a_bundle_that_tells_more_than_its_tier_is_named() {
    let mut early = sealed();
    early.rule.early = true;
    early.rule.ballots_final = true;
    early.casts.pop();
    let mut late = sealed();
    late.rule.late_quorum_seconds = 1;
    let mut late_answers = pseudonymous();
    late_answers.rule.late_quorum_seconds = 1;
    late_answers.rule.quorum = Some(Quorum {
        counts: QuorumCounts::Yes,
        ..Quorum::of_roll(Ratio::new(1, 4).unwrap())
    });
    let keyed = Story {
        voters: motion(false).voters,
        ..pseudonymous()
    };
    let named = Story {
        names_members: true,
        ..pseudonymous()
    };
    let unknown = Story {
        secrecy: 3,
        ..motion(false)
    };
    for (name, story, place, text) in [
        (
            "an early end",
            early,
            Section::Proposal,
            "its end would tell how they stand",
        ),
        ("a late quorum", late, Section::Proposal, "ballots whose number is told"),
        (
            "a late quorum of answers",
            late_answers,
            Section::Proposal,
            "only where the quorum counts all ballots",
        ),
        ("keys", keyed, Section::Roll, "tells whose pseudonym it is"),
        ("names", named, Section::Roll, "4 voters do not have random names"),
        (
            "an unknown tier",
            unknown,
            Section::Proposal,
            "the secrecy tier 3 is not known",
        ),
    ] {
        let report = verify(&lines(&story));
        let found = |finding: &audit::Finding| finding.section == place && finding.text.contains(text);
        assert!(
            report.status == 1 && report.findings.iter().any(found),
            "{name}: {:#?}",
            names(&report)
        );
    }
}

type Change = fn(&mut Placed);

/// Puts an event behind the last one.
pub fn insert(placed: &mut Placed, kind: EventKind, facts: &[Hash32]) {
    let lines = &mut placed.lines;
    let proposal = lines.iter().find(|line| section(line) == Section::Proposal).unwrap();
    let proposal = serde_json::from_value(proposal.clone()).unwrap();
    let place = lines.iter().position(|line| section(line) > Section::Event).unwrap();
    lines.insert(place, event(&proposal, kind, facts));
    placed.place(place);
}

#[test]
fn events_that_contradict_the_tier_are_named() {
    let drop: fn(&mut Placed, EventKind) = |placed, kind| {
        placed.event(kind);
        placed
            .lines
            .retain(|line| section(line) != Section::Event || line["record"]["kind"] != kind.code());
    };
    let cases: [(&str, Story, Change, &str); 4] = [
        (
            "another tier",
            sealed(),
            |placed| refact(placed, EventKind::SecrecyChosen, |facts| facts[1] = keccak256(b"open")),
            "says that ballots are sealed",
        ),
        (
            "nobody behind a pseudonym",
            pseudonymous(),
            |placed| refact(placed, EventKind::RollVeiled, |facts| facts[2] = Hash32::from_u128(3)),
            "3 members stand behind 4 pseudonyms",
        ),
        (
            "a veil over names",
            motion(false),
            |placed| {
                insert(
                    placed,
                    EventKind::RollVeiled,
                    &[keccak256(b"electors"), Hash32::from_u128(4)],
                )
            },
            "the roll bears no pseudonyms",
        ),
        (
            "a choice in an open vote",
            motion(false),
            |placed| insert(placed, EventKind::SecrecyChosen, &[keccak256(b"sealed")]),
            "says that ballots are open",
        ),
    ];
    for (name, story, change, text) in cases {
        let mut placed = Placed::new(&story);
        change(&mut placed);
        check(name, &verify(&placed.seal()), Section::Event, text);
    }
    for (kind, text) in [
        (EventKind::SecrecyChosen, "there is no secrecy_chosen"),
        (EventKind::RollVeiled, "there is no roll_veiled"),
    ] {
        let mut placed = Placed::new(&pseudonymous());
        drop(&mut placed, kind);
        check(kind.name(), &verify(&placed.seal()), Section::Event, text);
    }
}
