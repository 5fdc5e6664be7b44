//! Aim: a decision of several bodies is shown to be one chain, and every break of it is named. Method: a decision in a log whose events
//! say which stage it is, and the result of the stage before, changed one fact at a time.

use audit::{Level, Options, Report, StageResult, Standing};
use governance::event::{EventKind, payload};
use governance::hash::{Hash32, keccak256};
use serde_json::json;
use wire::bundle::Section;

use crate::builder::motion;
use crate::bundles::names;
use crate::in_log::check;
use crate::placing::{Placed, entry_of};
use crate::secrecy::insert;
use crate::tampering::{verify, verify_lines};

fn number(value: u128) -> Hash32 {
    Hash32::from_u128(value)
}

fn text(text: &str) -> Hash32 {
    keccak256(text.as_bytes())
}

/// The facts of a stage: which of how many, who votes, and what it follows.
fn facts(which: u128, stages: u128, body: &str, follows: [Hash32; 2]) -> [Hash32; 5] {
    [number(which), number(stages), text(body), follows[0], follows[1]]
}

/// A decision that is a stage: the event tells it just before voting opens.
fn staged(facts: &[Hash32; 5]) -> Placed {
    let mut placed = Placed::new(&motion(false));
    let line = placed.event(EventKind::ProposalDiscussed);
    let mut words = vec![Hash32::ZERO];
    words.extend_from_slice(facts);
    line["record"]["kind"] = EventKind::StageBegun.code().into();
    line["record"]["payload"] = json!(payload(&words));
    line["facts"] = json!(words);
    let (index, entry) = (line["log_index"].as_u64().unwrap(), entry_of(line).unwrap());
    placed.entries[usize::try_from(index).unwrap()] = entry;
    placed
}

const NOTHING: [Hash32; 2] = [Hash32::ZERO, Hash32::ZERO];

fn first() -> Placed {
    staged(&facts(1, 2, "office:auditor", NOTHING))
}

/// What the first stage shows, in a log in which nothing stands before it.
fn shown() -> StageResult {
    let mut result = verify(&first().seal()).stage_result.unwrap();
    result.published = Some(0);
    result
}

fn second() -> Placed {
    let former = shown();
    staged(&facts(2, 2, "members", [former.proposal_hash, former.tally_hash]))
}

fn following(placed: &Placed, former: StageResult) -> Report {
    let options = Options {
        former: Some(former),
        ..Options::default()
    };
    verify_lines(&placed.seal(), &options)
}

#[test]
fn a_stage_is_told_with_its_body_and_follows_from_the_one_before() {
    let report = verify(&first().seal());
    assert_eq!(
        (report.status, report.levels[&Level::L1]),
        (0, Standing::Holds),
        "{:#?}",
        names(&report)
    );
    let stage = report.decision.stage.unwrap();
    assert_eq!(
        (stage.number, stage.of, stage.body.as_deref()),
        (1, 2, Some("office:auditor"))
    );
    assert!(
        report
            .not_proved
            .iter()
            .any(|doubt| doubt.contains("everybody in office:auditor"))
    );

    let report = following(&second(), shown());
    assert_eq!(
        (report.status, report.levels[&Level::L1]),
        (0, Standing::Holds),
        "{:#?}",
        names(&report)
    );
    assert!(!report.not_proved.iter().any(|doubt| doubt.contains("--former")));
    let alone = verify(&second().seal());
    assert!(alone.not_proved.iter().any(|doubt| doubt.contains("--former")));
}

#[test]
fn a_stage_that_does_not_follow_from_the_one_before_is_named() {
    type Change = fn(&mut StageResult);
    let cases: [(Change, &str); 7] = [
        (|former| former.stage = None, "not of the stage before"),
        (
            |former| former.stage.as_mut().unwrap().number = 2,
            "not of the stage before",
        ),
        (
            |former| former.proposal_hash = Hash32::ZERO,
            "another proposal as the stage before",
        ),
        (
            |former| former.tally_hash = Hash32::ZERO,
            "another result as that of the stage before",
        ),
        (|former| former.asked[2] = text("other actions"), "asked something else"),
        (|former| former.is_passed = false, "was not carried"),
        (
            |former| former.published = Some(u64::MAX),
            "before the result of the one before",
        ),
    ];
    for (change, told) in cases {
        let mut former = shown();
        change(&mut former);
        check(told, &following(&second(), former), Section::Event, told);
    }
    let single = Placed::new(&motion(false));
    let told = "there is no stage_begun, and a former stage was named";
    check(told, &following(&single, shown()), Section::Event, told);
}

#[test]
fn stages_that_there_are_not_are_named() {
    let follows = [text("proposal"), text("tally")];
    for (which, stages, follows, told) in [
        (3, 2, follows, "a stage that there is not"),
        (0, 2, follows, "a stage that there is not"),
        (1, 1, NOTHING, "a stage that there is not"),
        (2, 5, follows, "a stage that there is not"),
        (1, 2, follows, "the first stage follows another one"),
        (2, 2, NOTHING, "names none that it follows"),
    ] {
        let placed = staged(&facts(which, stages, "members", follows));
        check(told, &verify(&placed.seal()), Section::Event, told);
    }
    let mut late = Placed::new(&motion(false));
    insert(&mut late, EventKind::StageBegun, &facts(1, 2, "members", NOTHING));
    check(
        "late",
        &verify(&late.seal()),
        Section::Event,
        "began after voting had opened",
    );
    let mut twice = first();
    insert(&mut twice, EventKind::StageBegun, &facts(1, 2, "members", NOTHING));
    check("twice", &verify(&twice.seal()), Section::Event, "a second stage_begun");
    let mut early = first();
    insert(&mut early, EventKind::ProposalExecuted, &[number(0)]);
    check("early", &verify(&early.seal()), Section::Event, "stages were to come");
}
