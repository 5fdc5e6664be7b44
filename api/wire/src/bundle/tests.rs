//! Aim: a bundle has its sections in order, all of them, counted and hashed. Method: a small bundle, written right and wrong.

use governance::event::EventKind;
use governance::record::Record;
use governance::rule::DecisionRule;
use sha2::{Digest, Sha256};

use super::*;

fn header() -> HeaderLine {
    HeaderLine {
        section: Named,
        format: FORMAT.to_owned(),
        version: VERSION,
        kind: KIND_DECISION.to_owned(),
        coop: BundleCoop {
            id: "0192f0c1-2a3b-7c4d-8e5f-60718293a4b5".parse().unwrap(),
            slug: "weavers".to_owned(),
            name: "The Weavers".to_owned(),
        },
        namespace: Hash32::from_u128(7),
        domain: BundleDomain {
            name: "Rochdale".to_owned(),
            version: "1".to_owned(),
            chain_id: None,
            verifying_contract: None,
        },
        registrar: None,
        server_key: "0x00".to_owned(),
        log: Some(BundleLog {
            origin: "log.example/7".to_owned(),
            key: "log.example/7+00000000+AQ==".to_owned(),
        }),
        types: BundleType::all(),
    }
}

fn rule() -> RuleLine {
    RuleLine::new(DecisionRule::simple_majority(), Hash32::from_u128(7), Hash32::ZERO)
}

fn proposal() -> ProposalLine {
    ProposalLine {
        section: Named,
        record: ProposalV1 {
            namespace: Hash32::from_u128(7),
            proposal: Hash32::from_u128(8),
            text: Hash32::ZERO,
            options: Hash32::ZERO,
            actions: Hash32::ZERO,
            rule: rule().record.struct_hash(),
            roll: Hash32::ZERO,
            roll_count: 1,
            roll_weight: u128::MAX,
            opens_at: 1,
            closes_at: 2,
            secrecy: 0,
            salt: Hash32::ZERO,
        },
        title: "Shall we?".to_owned(),
        body: "Why not.".to_owned(),
        options: Vec::new(),
        actions: Vec::new(),
        kind: "ordinary".to_owned(),
        bylaws_version: 1,
        log_index: Some(4),
    }
}

fn roll(voter: u128) -> RollLine {
    RollLine {
        section: Named,
        voter: Hash32::from_u128(voter),
        weight: 1,
        keys: Vec::new(),
    }
}

fn lot() -> LotLine {
    LotLine {
        section: Named,
        lot_secret: Hash32::from_u128(9),
        beacon: None,
    }
}

fn tally() -> TallyLine {
    TallyLine {
        section: Named,
        record: TallyV1 {
            namespace: Hash32::from_u128(7),
            proposal: Hash32::from_u128(8),
            proposal_hash: proposal().record.struct_hash(),
            roll: Hash32::ZERO,
            ballots: Hash32::ZERO,
            ballot_count: 0,
            weight: 0,
            counts: vec![0, 0, 0, u128::MAX],
            outcome: 3,
            log_from: 0,
            log_to: 0,
            delegations: Hash32::ZERO,
            certificate: Hash32::ZERO,
            scale: 1,
            salt: Hash32::ZERO,
        },
        outcome: Outcome::NoQuorum,
        reasons: vec!["Too few took part.".to_owned()],
        signed_ballots: 0,
        attested_ballots: 0,
        attested_delegations: 0,
        count: None,
        log_index: None,
    }
}

fn event(at: u64, log_index: Option<u64>) -> EventLine {
    let facts = vec![Hash32::ZERO, Hash32::from_u128(1), Hash32::from_u128(2)];
    EventLine {
        section: Named,
        record: EventV1 {
            namespace: Hash32::from_u128(7),
            kind: EventKind::ProposalClosed.code(),
            subject: Hash32::from_u128(8),
            payload: governance::event::payload(&facts),
            at,
            salt: Hash32::ZERO,
        },
        facts,
        log_index,
    }
}

fn checkpoint() -> CheckpointLine {
    CheckpointLine {
        section: Named,
        note: "log.example/7\n2\nAA==\n\n\u{2014} log.example/7 AA==\n".to_owned(),
    }
}

fn cover() -> CoverLine {
    CoverLine {
        section: Named,
        hashes: vec![Hash32::from_u128(3); 2],
    }
}

fn writer() -> BundleWriter<Vec<u8>> {
    BundleWriter::new(Vec::new(), &header()).unwrap()
}

fn whole() -> Vec<u8> {
    let mut writer = writer();
    writer.write(&rule()).unwrap();
    writer.write(&proposal()).unwrap();
    writer.write(&roll(1)).unwrap();
    writer.write(&roll(2)).unwrap();
    writer.write(&event(5, Some(4))).unwrap();
    writer.write(&lot()).unwrap();
    writer.write(&tally()).unwrap();
    writer.write(&checkpoint()).unwrap();
    writer.write(&cover()).unwrap();
    writer.write(&cover()).unwrap();
    writer.finish(|_| [5; 64]).unwrap()
}

#[test]
fn the_last_line_counts_the_others_and_holds_their_hash() {
    let bytes = whole();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let end: EndLine = serde_json::from_str(lines[11]).unwrap();
    let counts: Vec<(&str, u64)> = end.counts.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(
        counts,
        [
            ("anchor", 0),
            ("ballot", 0),
            ("checkpoint", 1),
            ("cover", 2),
            ("event", 1),
            ("header", 1),
            ("lot", 1),
            ("proposal", 1),
            ("roll", 2),
            ("rule", 1),
            ("tally", 1)
        ]
    );
    let before: usize = lines[..11].iter().map(|line| line.len() + 1).sum();
    assert_eq!(end.sha256, Hash32::from_bytes(Sha256::digest(&bytes[..before]).into()));
    let rolls = format!("{}\n{}\n", lines[3], lines[4]);
    assert_eq!(
        end.digests["roll"],
        Hash32::from_bytes(Sha256::digest(rolls.as_bytes()).into())
    );
    assert_eq!(end.digests["anchor"], Hash32::from_bytes(Sha256::digest(b"").into()));
    assert_eq!(end.signature, format!("0x{}", "05".repeat(64)));
    assert_eq!(bytes, whole(), "the same evidence, the same bytes");
}

#[test]
fn lines_read_back_and_large_numbers_are_texts() {
    let text = String::from_utf8(whole()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(serde_json::from_str::<HeaderLine>(lines[0]).unwrap(), header());
    assert_eq!(serde_json::from_str::<RuleLine>(lines[1]).unwrap(), rule());
    assert_eq!(serde_json::from_str::<ProposalLine>(lines[2]).unwrap(), proposal());
    assert_eq!(serde_json::from_str::<RollLine>(lines[3]).unwrap(), roll(1));
    assert_eq!(serde_json::from_str::<EventLine>(lines[5]).unwrap(), event(5, Some(4)));
    assert_eq!(serde_json::from_str::<LotLine>(lines[6]).unwrap(), lot());
    assert_eq!(serde_json::from_str::<TallyLine>(lines[7]).unwrap(), tally());
    assert_eq!(serde_json::from_str::<CheckpointLine>(lines[8]).unwrap(), checkpoint());
    assert_eq!(serde_json::from_str::<CoverLine>(lines[9]).unwrap(), cover());
    assert!(lines[2].contains(&format!("\"roll_weight\":\"{}\"", u128::MAX)));
    assert!(lines[0].starts_with("{\"section\":\"header\",\"format\":\"rochdale-bundle\""));
    assert!(serde_json::from_str::<RollLine>(lines[6]).is_err(), "another section");
    let unknown = lines[3].replace("\"weight\"", "\"wait\":1,\"weight\"");
    assert!(serde_json::from_str::<RollLine>(&unknown).is_err(), "an unknown member");
}

#[test]
fn a_writer_refuses_what_is_out_of_order_missing_or_twice() {
    let mut out_of_order = writer();
    out_of_order.write(&rule()).unwrap();
    assert!(matches!(out_of_order.write(&rule()), Err(BundleError::Order { .. })));
    assert!(matches!(
        out_of_order.write(&roll(1)),
        Err(BundleError::Missing(Section::Proposal))
    ));
    out_of_order.write(&proposal()).unwrap();
    assert!(matches!(out_of_order.write(&rule()), Err(BundleError::Order { .. })));
    assert!(matches!(
        out_of_order.write(&lot()),
        Err(BundleError::Missing(Section::Roll))
    ));
    out_of_order.write(&roll(2)).unwrap();
    for voter in [1, 2] {
        assert!(matches!(
            out_of_order.write(&roll(voter)),
            Err(BundleError::Unsorted(Section::Roll))
        ));
    }
    out_of_order.write(&lot()).unwrap();
    assert!(matches!(
        out_of_order.finish(|_| [5; 64]),
        Err(BundleError::Missing(Section::Tally))
    ));
}

#[test]
fn events_ascend_by_place_and_those_without_one_come_last_by_moment() {
    let write = |lines: &[EventLine]| {
        let mut writer = writer();
        writer.write(&rule()).unwrap();
        writer.write(&proposal()).unwrap();
        writer.write(&roll(1)).unwrap();
        lines.iter().try_for_each(|line| writer.write(line))
    };
    let cases = [
        (
            "by place",
            vec![event(9, Some(0)), event(1, Some(7)), event(5, None)],
            true,
        ),
        (
            "by moment",
            vec![event(1, None), event(2, None), event(u64::MAX, None)],
            true,
        ),
        ("a place twice", vec![event(1, Some(7)), event(2, Some(7))], false),
        ("a place before", vec![event(1, Some(7)), event(2, Some(6))], false),
        ("a moment before", vec![event(2, None), event(1, None)], false),
        ("an event twice", vec![event(1, None), event(1, None)], false),
        (
            "none before the first",
            vec![event(0, None), event(1, Some(u64::MAX))],
            false,
        ),
    ];
    for (name, lines, is_right) in cases {
        let written = write(&lines);
        assert_eq!(written.is_ok(), is_right, "{name}");
        let unsorted = matches!(written, Err(BundleError::Unsorted(Section::Event)));
        assert_eq!(unsorted, !is_right, "{name}");
    }
}
