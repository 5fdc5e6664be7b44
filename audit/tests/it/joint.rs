//! Aim: in a vote on several proposals each option is the proposal that it was, or it is named. Method: a ranked vote of two proposals whose
//! events join them as an honest server would, changed one fact at a time.

use audit::{Level, Standing};
use governance::action::{Action, FormOne, Planned, actions_hash};
use governance::alternative::{Part, join};
use governance::event::{EventKind, payload};
use governance::hash::{Hash32, keccak256};
use governance::record::texts_hash;
use governance::rule::DecisionRule;
use serde_json::json;
use wire::bundle::{ProposalLine, Section};

use crate::builder::{Story, election};
use crate::bundles::names;
use crate::in_log::check;
use crate::placing::{Placed, entry_of, section};
use crate::secrecy::insert;
use crate::tampering::verify;

const PARTS: [(&str, &str); 2] = [("A loom", "It weaves."), ("Wool", "To knit.\n\n2. Wool\n\nand more")];

fn planned() -> Planned {
    let reason = "enough".to_owned();
    let version = FormOne;
    Planned {
        option: None,
        act: Action::EndHalt { version, reason },
    }
}

/// A vote on both, in which the first wins.
fn story() -> Story {
    let own = [planned()];
    let part = |place: usize, planned| Part {
        title: PARTS[place].0,
        body: PARTS[place].1,
        planned,
    };
    let joint = join(&[part(0, &own), part(1, &[])]).unwrap();
    let ranking = |voter, options: &[u16]| (voter, options.to_vec(), (1..).take(options.len()).collect(), None);
    let mut story = election(false);
    story.rule = DecisionRule::preset("schulze").unwrap().with_seats(1);
    (story.options, story.body, story.actions) = (joint.options, joint.body, joint.planned);
    story.casts = vec![ranking(0, &[0, 2]), ranking(1, &[0, 2, 1]), ranking(2, &[1])];
    story
}

/// The facts of an option, of what it was.
fn facts(place: usize, namespace: Hash32) -> Vec<Hash32> {
    let (title, body) = PARTS[place];
    let own = [planned()];
    let planned: &[Planned] = if place == 0 { &own } else { &[] };
    let length = format!("{}. {title}\n\n{body}", place + 1).chars().count();
    vec![
        Hash32::from_u128(place as u128 + 1),
        keccak256(title.as_bytes()),
        texts_hash([title, body]),
        actions_hash(planned, namespace),
        Hash32::from_u128(length as u128),
    ]
}

/// The vote, in whose log both options are told before voting opens.
fn placed(story: &Story, change: impl Fn(&mut [Vec<Hash32>; 2])) -> Placed {
    let mut placed = Placed::new(story);
    let question = placed
        .lines
        .iter()
        .find(|line| section(line) == Section::Proposal)
        .unwrap();
    let question: ProposalLine = serde_json::from_value(question.clone()).unwrap();
    let mut told = [0, 1].map(|place| facts(place, question.record.namespace));
    change(&mut told);
    for (instead, facts) in [EventKind::ProposalDrafted, EventKind::ProposalDiscussed]
        .into_iter()
        .zip(told)
    {
        let line = placed.event(instead);
        let mut words = vec![Hash32::ZERO];
        words.extend(facts);
        line["record"]["kind"] = EventKind::OptionJoined.code().into();
        line["record"]["payload"] = json!(payload(&words));
        line["facts"] = json!(words);
        let (index, entry) = (line["log_index"].as_u64().unwrap(), entry_of(line).unwrap());
        placed.entries[usize::try_from(index).unwrap()] = entry;
    }
    placed
}

#[test]
fn a_vote_on_several_proposals_asks_what_each_of_them_asked() {
    let report = verify(&placed(&story(), |_| ()).seal());
    assert_eq!(
        (report.status, report.levels[&Level::L1]),
        (0, Standing::Holds),
        "{:#?}",
        names(&report)
    );
}

#[test]
fn an_option_that_is_not_what_it_was_is_named() {
    type Change = fn(&mut [Vec<Hash32>; 2]);
    let cases: [(Change, &str); 6] = [
        (|told| told.swap(0, 1), "option 1 should be told here"),
        (|told| told[1][2] = Hash32::ZERO, "option 2 has another text"),
        (|told| told[0][3] = Hash32::ZERO, "option 1 does something else"),
        (|told| told[1][3] = told[0][3], "option 2 does something else"),
        (|told| told[0][4] = Hash32::from_u128(9), "is not that of its options"),
        (|told| told[1][4] = Hash32::from_u128(9), "is not that of its options"),
    ];
    for (change, told) in cases {
        check(told, &verify(&placed(&story(), change).seal()), Section::Event, told);
    }
}

#[test]
fn a_vote_that_does_not_hold_what_was_joined_is_named() {
    type Change = fn(&mut Story);
    let cases: [(Change, &str); 4] = [
        (
            |story| story.options.push("3. Nobody asked".to_owned()),
            "2 options were joined, and the proposal has 3",
        ),
        (
            |story| story.options[1] = "2. Silk".to_owned(),
            "option 2 has another text",
        ),
        (|story| story.actions.push(planned()), "waits for none of the options"),
        (
            |story| {
                story.rule = DecisionRule::preset("irv").unwrap().with_seats(1);
                story.casts.truncate(0);
            },
            "in which nothing changes cannot win",
        ),
    ];
    for (change, told) in cases {
        let mut story = story();
        change(&mut story);
        check(told, &verify(&placed(&story, |_| ()).seal()), Section::Event, told);
    }
    let mut late = Placed::new(&story());
    for place in [0, 1] {
        let namespace = late.lines[0]["namespace"].as_str().unwrap().parse().unwrap();
        insert(&mut late, EventKind::OptionJoined, &facts(place, namespace));
    }
    check(
        "late",
        &verify(&late.seal()),
        Section::Event,
        "joined after voting had opened",
    );
}
