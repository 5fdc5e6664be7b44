//! What a dishonest server could write and seal as right: bundles whose counts, digests, signatures and hashes all fit, and that
//! are wrong all the same.

use audit::{Options, Report};
use governance::signature::SignatureKind;
use serde_json::Value;
use wire::bundle::Section;

use crate::builder::{CLOSES_AT, Forgery, Key, OPENS_AT, election, lines, motion};
use crate::bundles::names;
use crate::tampering::{By, changed, line_of, mended, verify, verify_lines};

/// What the server cannot change unseen even though it signs the bundle anew: whatever follows from what members signed, from what was
/// committed to before voting, or from the rules.
#[test]
fn what_follows_from_the_evidence_is_seen_even_if_the_server_changes_it() {
    let cases = [
        (Section::Header, "/namespace"),
        (Section::Header, "/coop/id"),
        (Section::Header, "/registrar"),
        (Section::Header, "/types/0/hash"),
        (Section::Header, "/types/0/type"),
        (Section::Header, "/domain/name"),
        (Section::Rule, "/record/quorum_share"),
        (Section::Rule, "/rule/counting/seats"),
        (Section::Rule, "/sentence"),
        (Section::Rule, "/record/salt"),
        (Section::Proposal, "/title"),
        (Section::Proposal, "/body"),
        (Section::Proposal, "/options/0"),
        (Section::Proposal, "/record/closes_at"),
        (Section::Proposal, "/record/roll"),
        (Section::Proposal, "/record/salt"),
        (Section::Roll, "/voter"),
        (Section::Roll, "/weight"),
        (Section::Roll, "/keys/0/public_key"),
        (Section::Roll, "/keys/0/registered_sequence"),
        (Section::Ballot, "/record/options/0"),
        (Section::Ballot, "/record/voter"),
        (Section::Ballot, "/record/revision"),
        (Section::Ballot, "/record/salt"),
        (Section::Ballot, "/signature"),
        (Section::Ballot, "/public_key"),
        (Section::Ballot, "/reason"),
        (Section::Ballot, "/counted"),
        (Section::Lot, "/lot_secret"),
        (Section::Tally, "/record/outcome"),
        (Section::Tally, "/record/counts/0"),
        (Section::Tally, "/record/ballots"),
        (Section::Tally, "/record/ballot_count"),
        (Section::Tally, "/record/weight"),
        (Section::Tally, "/record/certificate"),
        (Section::Tally, "/record/log_from"),
        (Section::Tally, "/reasons/0"),
        (Section::Tally, "/signed_ballots"),
        (Section::Tally, "/attested_ballots"),
        (Section::Tally, "/count/quota"),
        (Section::Tally, "/count/elected/0"),
        (Section::Tally, "/count/stages/0/totals/1"),
        (Section::Anchor, "/root"),
        (Section::Anchor, "/link"),
        (Section::Anchor, "/prev"),
        (Section::Anchor, "/chain_id"),
        (Section::Anchor, "/contract"),
        (Section::Anchor, "/proofs/0/record_hash"),
        (Section::Anchor, "/proofs/0/siblings/0"),
    ];
    let honest = lines(&election(true));
    for (section, pointer) in cases {
        let (index, mut value) = line_of(&honest, section);
        let place = value.pointer_mut(pointer).unwrap();
        *place = changed(place);
        let mut lines = honest.clone();
        lines[index] = value.to_string();
        let report = verify(&mended(lines, By::Server));
        let context = format!("{section}{pointer}: {:#?}", names(&report));
        assert_eq!(report.status, 1, "{context}");
        assert!(
            report.findings.iter().any(|finding| finding.section == section),
            "{context}"
        );
    }
}

/// A dishonest server that hashes, counts and signs everything as if a wrong ballot were right.
#[test]
fn a_ballot_that_should_not_count_is_seen_although_everything_else_fits() {
    use SignatureKind::{Ed25519, Passkey, Wallet};
    let stranger = |kind| Forgery::SignedBy(Key::of(kind, 99));
    let other_server = ed25519_dalek::SigningKey::from_bytes(&[8; 32]);
    let cases = [
        (
            "another member's key",
            0,
            Forgery::SignedBy(Key::of(Ed25519, 2)),
            "is not the voter's on the roll",
        ),
        (
            "a stranger's wallet",
            0,
            stranger(Wallet),
            "is not the voter's on the roll",
        ),
        (
            "a stranger's passkey",
            1,
            stranger(Passkey),
            "is not the voter's on the roll",
        ),
        (
            "a stranger's key",
            1,
            stranger(Ed25519),
            "is not the voter's on the roll",
        ),
        (
            "another attester",
            2,
            Forgery::AttestedBy(Box::new(other_server)),
            "by another key than the server's",
        ),
        ("a revision left out", 3, Forgery::Revision(3), "should be 2"),
        ("a revision twice", 3, Forgery::Revision(1), "should be 2"),
        ("a first revision of 0", 0, Forgery::Revision(0), "should be 1"),
        ("a voter from nowhere", 2, Forgery::Stranger, "is not on the roll"),
        ("another proposal", 0, Forgery::OtherProposal, "another proposal"),
        (
            "another text",
            0,
            Forgery::OtherHash,
            "name another hash of the proposal",
        ),
        (
            "a choice that does not exist",
            0,
            Forgery::Choice(vec![9]),
            "exactly one of 0",
        ),
    ];
    for (name, place, forgery, text) in cases {
        let mut story = motion(true);
        story.forgery = Some((place, forgery));
        let report = verify(&lines(&story));
        let found = |finding: &audit::Finding| finding.section == Section::Ballot && finding.text.contains(text);
        assert!(
            report.status == 1 && report.findings.iter().any(found),
            "{name}: {:#?}",
            names(&report)
        );
    }
}

#[test]
fn a_ballot_that_a_passkey_signed_holds() {
    let mut story = motion(true);
    story.voters[0] = Key::of(SignatureKind::Passkey, 1);
    let report = verify(&lines(&story));
    assert_eq!(report.status, 0, "{:#?}", names(&report));
}

#[test]
fn ballots_that_the_server_attests_instead_of_a_key_are_counted_apart() {
    use SignatureKind::Session;
    // The server may attest for a member who has a key: that is no contradiction, and it is counted apart.
    let mut story = motion(true);
    story.forgery = Some((0, Forgery::SignedBy(Key::of(Session, 0))));
    let report = verify(&lines(&story));
    assert_eq!((report.status, report.decision.attested), (0, 2));
    let apart = |report: &Report| {
        let decision = &report.decision;
        (decision.attested_with_key, decision.attested_in_place_of_signed)
    };
    assert_eq!(apart(&report), (1, 0));
    let told = |report: &Report, text: &str| report.not_proved.iter().any(|line| line.contains(text));
    assert!(told(&report, "a key on the roll (1)") && !told(&report, "had signed"));
    // Nor is it one that the server puts its word in place of a member's signature: that is counted apart, too.
    let mut story = motion(true);
    story.forgery = Some((3, Forgery::SignedBy(Key::of(Session, 0))));
    let report = verify(&lines(&story));
    assert_eq!((report.status, apart(&report)), (0, (1, 1)));
    assert!(told(&report, "who had signed a ballot (1)"));
    assert_eq!(apart(&verify(&lines(&motion(true)))), (0, 0));
}

#[test]
fn no_more_is_kept_in_memory_than_was_announced_or_allowed() {
    let honest = lines(&motion(true));
    let with = |records: u64| Options {
        limits: audit::Limits {
            records,
            ..audit::Limits::default()
        },
        ..Options::default()
    };
    // Four members, four ballots.
    for (records, status) in [(4, 0), (3, 2), (0, 2)] {
        let report = verify_lines(&honest, &with(records));
        assert_eq!(report.status, status, "{records}: {:#?}", names(&report));
    }
    let (first, mut member) = line_of(&honest, Section::Roll);
    let mut long = honest.clone();
    for number in 0..1_000_u64 {
        let voter = governance::hash::Hash32::from_u128(0x1_0000 + u128::from(number));
        member["voter"] = voter.to_string().into();
        long.insert(first + 4 + usize::try_from(number).unwrap(), member.to_string());
    }
    let report = verify(&mended(long, By::Server));
    assert_eq!((report.status, report.decision.roll), (1, 5), "{:#?}", names(&report));
    assert!(
        names(&report)
            .iter()
            .any(|text| text.contains("more members than the proposal says"))
    );
}

#[test]
fn a_member_with_two_votes_is_seen_although_everything_else_fits() {
    for mut story in [motion(false), election(true)] {
        story.heavy = Some(0);
        let report = verify(&lines(&story));
        assert_eq!(report.status, 1);
        let only = |finding: &audit::Finding| finding.section == Section::Roll && finding.text.contains("the weight 2");
        assert!(report.findings.iter().all(only), "{:#?}", names(&report));
    }
}

/// A line of the election.
#[derive(Clone, Copy)]
enum Place {
    FirstBallot,
    LastBallot,
    Lot,
    Tally,
    LastAnchor,
}

type Change = fn(&mut Value);

/// What is changed, where, how, and which section it is seen in.
const CONTRADICTIONS: [(&str, Place, Change, Section); 11] = [
    (
        "early",
        Place::FirstBallot,
        |line| line["at"] = (OPENS_AT - 1).into(),
        Section::Ballot,
    ),
    (
        "late",
        Place::LastBallot,
        |line| line["at"] = (CLOSES_AT + 1).into(),
        Section::Ballot,
    ),
    (
        "out of order",
        Place::LastBallot,
        |line| line["sequence"] = 100.into(),
        Section::Ballot,
    ),
    (
        "after the marker",
        Place::LastBallot,
        |line| line["sequence"] = 1_000_000.into(),
        Section::Tally,
    ),
    (
        "a marker before the last ballot",
        Place::Tally,
        |line| line["record"]["log_to"] = 100.into(),
        Section::Tally,
    ),
    (
        "a marker after the last ballot that is shown",
        Place::Tally,
        |line| line["record"]["log_to"] = 1_000_000.into(),
        Section::Tally,
    ),
    (
        "no block for the lot",
        Place::Lot,
        |line| line["beacon"] = Value::Null,
        Section::Lot,
    ),
    (
        "a block too early",
        Place::Lot,
        |line| line["beacon"]["timestamp"] = OPENS_AT.into(),
        Section::Lot,
    ),
    (
        "delegations",
        Place::Tally,
        |line| line["record"]["delegations"] = line["record"]["roll"].clone(),
        Section::Tally,
    ),
    (
        "the size of an anchor",
        Place::LastAnchor,
        |line| line["size"] = 4.into(),
        Section::Anchor,
    ),
    (
        "the link of an anchor",
        Place::LastAnchor,
        |line| line["link"] = line["root"].clone(),
        Section::Anchor,
    ),
];

/// Numbers that no record holds, or that only the server's own records hold.
#[test]
fn moments_and_numbers_that_contradict_each_other_are_seen() {
    let honest = lines(&election(true));
    let ballots = honest
        .iter()
        .filter(|line| line.starts_with("{\"section\":\"ballot\""))
        .count();
    let first_ballot = line_of(&honest, Section::Ballot).0;
    for (name, place, change, section) in CONTRADICTIONS {
        let index = match place {
            Place::FirstBallot => first_ballot,
            Place::LastBallot => first_ballot + ballots - 1,
            Place::Lot => line_of(&honest, Section::Lot).0,
            Place::Tally => line_of(&honest, Section::Tally).0,
            Place::LastAnchor => line_of(&honest, Section::Anchor).0 + 1,
        };
        let mut value: Value = serde_json::from_str(&honest[index]).unwrap();
        change(&mut value);
        let mut lines = honest.clone();
        lines[index] = value.to_string();
        let report = verify(&mended(lines, By::Server));
        let named = report.findings.iter().any(|finding| finding.section == section);
        assert!(report.status == 1 && named, "{name}: {:#?}", names(&report));
    }
}

/// A bundle stays good when the record gets a type that nothing in it uses, and never does without those it may hold.
#[test]
fn a_bundle_need_not_know_types_that_came_later() {
    let honest = lines(&motion(false));
    let (index, header) = line_of(&honest, Section::Header);
    let without = |name: &str| {
        let mut header = header.clone();
        let types = header["types"].as_array_mut().unwrap();
        types.retain(|entry| !entry["type"].as_str().unwrap().starts_with(&format!("{name}(")));
        let mut lines = honest.clone();
        lines[index] = header.to_string();
        verify(&mended(lines, By::Server))
    };
    for (name, is_held) in [
        ("DelegationV1", false),
        ("PayoutV1", false),
        ("BallotV1", true),
        ("TallyV1", true),
    ] {
        assert_eq!(without(name).status, u8::from(is_held), "{name}");
    }
}
