//! More ballots than are checked at a time: the ones in the middle are looked at like the first, and what is wrong is named by its line.

use audit::Report;
use governance::rule::DecisionRule;
use governance::signature::SignatureKind;
use wire::bundle::Section;

use crate::builder::{Forgery, Key, Story, lines};
use crate::tampering::{line_of, verify};

/// Beyond two chunks of the pipeline, the last of them not full.
const VOTERS: usize = 2_500;

fn story(forgery: Option<(usize, Forgery)>) -> Story {
    Story {
        rule: DecisionRule::simple_majority(),
        options: Vec::new(),
        voters: (0..VOTERS)
            .map(|number| Key::of(SignatureKind::Ed25519, number as u128))
            .collect(),
        casts: (0..VOTERS).map(|voter| (voter, vec![0], vec![1], None)).collect(),
        on_chain: false,
        forgery,
        heavy: None,
        actions: Vec::new(),
        secrecy: 0,
        names_members: false,
        judged: Vec::new(),
        body: crate::builder::BODY.to_owned(),
    }
}

/// The numbers of the lines in which something is wrong with a ballot.
fn wrong_ballots(report: &Report) -> Vec<u64> {
    let wrong = report
        .findings
        .iter()
        .filter(|finding| finding.section == Section::Ballot);
    wrong.filter_map(|finding| finding.line).collect()
}

#[test]
fn one_forged_ballot_among_many_is_named_by_its_line_wherever_it_stands() {
    let honest = lines(&story(None));
    let report = verify(&honest);
    assert_eq!(
        (report.status, wrong_ballots(&report)),
        (0, vec![]),
        "{:#?}",
        report.findings
    );
    let first = line_of(&honest, Section::Ballot).0;
    for place in [0, 1_023, 1_024, 1_700, VOTERS - 1] {
        let other = Key::of(SignatureKind::Ed25519, 1_000_000);
        let forged = lines(&story(Some((place, Forgery::SignedBy(other)))));
        let report = verify(&forged);
        assert_eq!(report.status, 1, "ballot {place}");
        let line = u64::try_from(first + place + 1).unwrap();
        assert_eq!(wrong_ballots(&report), [line], "ballot {place}: {:#?}", report.findings);
    }
}
