//! Aim: what became of objections in a vote by consent is counted as the steps taken say, and steps that cannot be are named. Method: a
//! decision in which a dismissed objection lets the proposal pass, and events changed, hashed and logged as if they were right.

use audit::{Level, Standing};
use governance::event::EventKind;
use governance::hash::{Hash32, keccak256};
use governance::rule::{Counting, DecisionRule};
use serde_json::Value;
use wire::bundle::{BallotLine, ProposalLine, Section};

use crate::builder::{Story, motion};
use crate::bundles::names;
use crate::in_log::check;
use crate::placing::{Placed, section};
use crate::tampering::verify;

/// Two members consent and one objects; the steps, each by its name and its actor, are taken about that objection.
fn decided(steps: &[(&str, Option<Hash32>)]) -> Story {
    let mut story = motion(false);
    story.rule = DecisionRule::preset("consent").unwrap();
    story.casts = vec![
        (0, vec![0], vec![1], None),
        (1, vec![2], vec![1], Some("Too early.".to_owned())),
        (2, vec![0], vec![1], None),
    ];
    story.judged = steps.iter().map(|(step, _)| (*step).to_owned()).collect();
    story
}

/// Puts the steps into the log, before the close.
fn placed(steps: &[(&str, Option<Hash32>)]) -> Placed {
    told(&decided(steps), steps)
}

fn told(story: &Story, steps: &[(&str, Option<Hash32>)]) -> Placed {
    let mut placed = Placed::new(story);
    let of = |wanted: Section, lines: &[Value]| lines.iter().position(|line| section(line) == wanted).unwrap();
    let proposal: ProposalLine =
        serde_json::from_value(placed.lines[of(Section::Proposal, &placed.lines)].clone()).unwrap();
    let objection: BallotLine = placed
        .lines
        .iter()
        .filter(|line| section(line) == Section::Ballot)
        .map(|line| serde_json::from_value(line.clone()).unwrap())
        .find(|line: &BallotLine| line.record.options == [2])
        .unwrap();
    let hash = governance::record::Record::struct_hash(&objection.record);
    placed.judge(&proposal, hash, objection.record.voter, steps);
    placed
}

#[test]
fn a_dismissed_or_withdrawn_objection_blocks_nothing_and_all_others_do() {
    for (steps, outcome) in [
        (&[][..], "rejected"),
        (&[("accept", None)], "rejected"),
        (&[("dismiss", None)], "passed"),
        (&[("dismiss", None), ("appeal", None)], "rejected"),
        (&[("accept", None), ("leave_standing", None)], "rejected"),
        (&[("accept", None), ("withdraw", None)], "passed"),
    ] {
        let report = verify(&placed(steps).seal());
        assert_eq!(report.status, 0, "{steps:?}: {:#?}", names(&report));
        assert_eq!(report.levels[&Level::L1], Standing::Holds, "{steps:?}");
        assert_eq!(
            report.decision.outcome.map(|outcome| outcome.name()),
            Some(outcome),
            "{steps:?}"
        );
        let doubted = report
            .not_proved
            .iter()
            .any(|doubt| doubt.contains("objections were judged"));
        assert!(doubted, "{steps:?}");
    }
}

#[test]
fn where_the_rule_asks_for_two_appeals_one_is_not_enough_and_nobody_appeals_twice() {
    let of_two = |steps: &[(&str, Option<Hash32>)]| {
        let mut story = decided(steps);
        story.rule.counting = Counting::Consent {
            standing_max: 0,
            appeals: 2,
        };
        verify(&told(&story, steps).seal())
    };
    let report = of_two(&[("dismiss", None), ("appeal", None)]);
    assert_eq!(report.status, 0, "{:#?}", names(&report));
    assert_eq!(report.decision.outcome.map(|outcome| outcome.name()), Some("passed"));
    let twice = of_two(&[("dismiss", None), ("appeal", None), ("appeal", None)]);
    let text = "appeal does not follow where an objection is dismissed";
    check("twice", &twice, Section::Event, text);
}

#[test]
fn steps_that_cannot_be_are_named() {
    let stranger = Some(Hash32::from_u128(0x9999));
    for (name, steps, text) in [
        (
            "a second judgement",
            &[("dismiss", None), ("accept", None)][..],
            "accept does not follow where an objection is dismissed",
        ),
        (
            "an invented step",
            &[("forget", None)],
            "an unknown step does not follow",
        ),
        (
            "another's withdrawal",
            &[("withdraw", stranger)],
            "somebody else withdrew",
        ),
    ] {
        check(name, &verify(&placed(steps).seal()), Section::Event, text);
    }
    let mut other = placed(&[("dismiss", None)]);
    crate::in_log_events::refact(&mut other, EventKind::ObjectionJudged, |facts| {
        facts[1] = keccak256(b"none")
    });
    check(
        "about nothing",
        &verify(&other.seal()),
        Section::Event,
        "about no objection that was cast here",
    );
    // A judgement that the server leaves out of the bundle changes the recount.
    let mut silent = placed(&[("dismiss", None)]);
    let code = EventKind::ObjectionJudged.code();
    silent
        .lines
        .retain(|line| section(line) != Section::Event || line["record"]["kind"] != code);
    let report = verify(&silent.seal());
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.text.contains("the recount ends rejected")),
        "{:#?}",
        names(&report)
    );
}
