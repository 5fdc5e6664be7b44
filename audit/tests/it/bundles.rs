//! Aim: an honest bundle verifies, and no change of any section goes unseen, whoever makes it. Method: bundles built here, one
//! value or one byte changed at a time, counts and hashes mended.

use audit::{FindingKind, Level, Options, Report, Standing};
use governance::signature::{PublicKey, SignatureKind};
use serde_json::Value;
use wire::bundle::Section;

use crate::builder::{CLOSES_AT, OPENS_AT, Story, election, gzip, lines, motion, server_key};
use crate::tampering::{By, changed, leaves, line_of, mended, verify, verify_lines};

fn stories() -> [(&'static str, Story); 4] {
    [
        ("motion", motion(false)),
        ("motion on chain", motion(true)),
        ("election", election(false)),
        ("election on chain", election(true)),
    ]
}

pub fn names(report: &Report) -> Vec<String> {
    report.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn honest_bundles_hold() {
    for (name, story) in stories() {
        let report = verify(&lines(&story));
        assert_eq!(report.status, 0, "{name}: {:#?}", names(&report));
        assert_eq!(report.levels[&Level::L0], Standing::Holds);
        assert_eq!(report.levels[&Level::L2], Standing::NotAsked);
        assert_eq!(report.levels[&Level::L1], Standing::NotInThisBundle);
        assert!(report.findings.is_empty() && report.checks.iter().all(|check| check.failed == 0));
    }
    let report = verify(&lines(&election(true)));
    assert_eq!(
        (report.decision.ballots, report.decision.attested, report.decision.roll),
        (6, 2, 7)
    );
    assert_eq!(report.decision.elected.len(), 2);
    assert!(report.decision.lots > 0, "the story needs the lot");
    let report = verify(&lines(&motion(false)));
    assert_eq!((report.decision.revisions, report.decision.ballots), (4, 3));
}

#[test]
fn a_bundle_without_ballots_holds() {
    for mut story in [motion(false), election(true)] {
        story.casts.clear();
        let report = verify(&lines(&story));
        assert_eq!(report.status, 0, "{:#?}", names(&report));
    }
}

#[test]
fn every_value_of_every_section_that_anyone_changes_is_seen_and_the_section_named() {
    let mut tried = 0;
    for (name, story) in stories() {
        let honest = lines(&story);
        for section in Section::ALL {
            if !honest
                .iter()
                .any(|line| line.starts_with(&format!("{{\"section\":\"{section}\"")))
            {
                continue;
            }
            let (index, value) = line_of(&honest, section);
            for pointer in leaves(&value) {
                let mut other = value.clone();
                let place = other.pointer_mut(&pointer).unwrap();
                *place = changed(place);
                let mut lines = honest.clone();
                lines[index] = other.to_string();
                let lines = if section == Section::End {
                    lines
                } else {
                    mended(lines, By::Anyone)
                };
                let report = verify(&lines);
                let context = format!("{name}, {section}{pointer}: {:#?}", names(&report));
                assert_eq!(report.status, 1, "{context}");
                let named = report.findings.iter().any(|finding| finding.section == section);
                // A change of the word after "section" makes it another section or none.
                assert!(named || pointer == "/section", "{context}");
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "{tried}");
}

#[test]
fn no_byte_can_be_changed_unseen() {
    let honest = lines(&motion(true));
    for (index, line) in honest.iter().enumerate().take(honest.len() - 1) {
        let section = Section::ALL
            .into_iter()
            .find(|s| line.starts_with(&format!("{{\"section\":\"{s}\"")))
            .unwrap();
        // Every eleventh byte, each time another bit: all of them would take a minute.
        for place in (index % 11..line.len()).step_by(11) {
            let mut bytes = line.clone().into_bytes();
            bytes[place] ^= 1 << (place % 5);
            let Ok(other) = String::from_utf8(bytes) else { continue };
            let mut lines = honest.clone();
            lines[index] = other.clone();
            let report = verify(&mended(lines, By::Anyone));
            let context = format!("{section} byte {place}, {other}: {:#?}", names(&report));
            assert_eq!(report.status, 1, "{context}");
            assert!(
                report.findings.iter().any(|finding| finding.section == section),
                "{context}"
            );
        }
    }
}

#[test]
fn a_section_that_was_dropped_is_missing_evidence() {
    let honest = lines(&election(true));
    for section in Section::ALL {
        let name = format!("{{\"section\":\"{section}\"");
        if !honest.iter().any(|line| line.starts_with(&name)) {
            continue;
        }
        let lines: Vec<String> = honest.iter().filter(|line| !line.starts_with(&name)).cloned().collect();
        let lines = if section == Section::End {
            lines
        } else {
            mended(lines, By::Anyone)
        };
        let report = verify(&lines);
        assert_eq!(report.status, 2, "{section}: {:#?}", names(&report));
        assert_eq!(report.levels[&Level::L0], Standing::Lacking);
        let missing = |finding: &audit::Finding| finding.section == section && finding.kind == FindingKind::Missing;
        assert!(report.findings.iter().any(missing), "{section}: {:#?}", names(&report));
    }
}

#[test]
fn one_line_that_was_dropped_or_doubled_is_a_contradiction() {
    let honest = lines(&motion(true));
    for section in [Section::Roll, Section::Ballot] {
        for by in [By::Anyone, By::Server] {
            let (index, _) = line_of(&honest, section);
            let mut dropped = honest.clone();
            dropped.remove(index);
            let mut doubled = honest.clone();
            doubled.insert(index, honest[index].clone());
            let mut turned = honest.clone();
            turned.swap(index, index + 1);
            for lines in [dropped, doubled, turned] {
                let report = verify(&mended(lines, by));
                assert_eq!(report.status, 1, "{section} {by:?}: {:#?}", names(&report));
                // A ballot that the server dropped is missed by the tally; which of the two is wrong nobody can say.
                let named = |finding: &audit::Finding| {
                    finding.section == section || (by == By::Server && finding.section == Section::Tally)
                };
                assert!(
                    report.findings.iter().any(named),
                    "{section} {by:?}: {:#?}",
                    names(&report)
                );
            }
        }
    }
}

#[test]
fn a_name_that_stands_twice_is_seen_where_the_last_one_would_be_believed() {
    let honest = lines(&election(true));
    // The first of the two is the lie; a program that takes the last one sees nothing.
    for (section, name, lie) in [
        (Section::Tally, "\"totals\":{", "\"1\":\"9.00000\","),
        (Section::End, "\"counts\":{", "\"ballot\":9,"),
        (Section::End, "\"digests\":{", "\"ballot\":\"0x\","),
    ] {
        let lie = if name.contains("digests") {
            lie.replace("0x", &governance::hash::Hash32::ZERO.to_string())
        } else {
            lie.to_owned()
        };
        let (index, _) = line_of(&honest, section);
        let mut forged = honest.clone();
        forged[index] = honest[index].replacen(name, &format!("{name}{lie}"), 1);
        assert_ne!(forged[index], honest[index]);
        let forged = if section == Section::End {
            forged
        } else {
            mended(forged, By::Server)
        };
        let report = verify(&forged);
        assert_eq!(report.status, 1, "{section} {name}: {:#?}", names(&report));
        let twice = |finding: &audit::Finding| finding.section == section && finding.text.contains("stands twice");
        assert!(
            report.findings.iter().any(twice),
            "{section} {name}: {:#?}",
            names(&report)
        );
    }
}

#[test]
fn the_key_and_the_levels_that_the_auditor_names_are_required() {
    let honest = lines(&motion(false));
    let key = |bytes: &[u8]| PublicKey::parse(SignatureKind::Session, bytes).unwrap();
    let with = |options: &Options| verify_lines(&honest, options).status;
    let own = server_key().verifying_key().to_bytes();
    let other = ed25519_dalek::SigningKey::from_bytes(&[8; 32])
        .verifying_key()
        .to_bytes();
    for (named, status) in [(own, 0), (other, 1)] {
        let options = Options {
            server_key: Some(key(&named)),
            ..Options::default()
        };
        assert_eq!(with(&options), status);
    }
    for (levels, status) in [
        (vec![Level::L0], 0),
        (vec![Level::L1], 2),
        (vec![Level::L0, Level::L2], 2),
        (vec![Level::L3], 2),
    ] {
        let options = Options {
            require: Some(levels),
            ..Options::default()
        };
        assert_eq!(with(&options), status);
    }
}

#[test]
fn whose_record_it_is_is_told_and_compared_with_what_the_auditor_knows() {
    use crate::builder::{CONTRACT, REGISTRAR};
    let (with_chain, without) = (lines(&motion(true)), lines(&motion(false)));
    let report = verify(&with_chain);
    let identity = report.identity.unwrap();
    assert_eq!((identity.slug.as_str(), identity.chain_id), ("weavers", Some(31_337)));
    assert_eq!(identity.contract, Some(governance::hash::to_hex(&CONTRACT)));
    let namespace = identity.namespace;
    let own = || Options {
        registrar: Some(REGISTRAR),
        contract: Some(CONTRACT),
        namespace: Some(namespace),
        server_key: PublicKey::parse(SignatureKind::Session, server_key().verifying_key().as_bytes()).ok(),
        ..Options::default()
    };
    let unnamed = |report: &Report| {
        report
            .not_proved
            .iter()
            .filter(|text| text.contains("your co-op"))
            .count()
    };
    let report = verify_lines(&with_chain, &own());
    assert_eq!((report.status, unnamed(&report)), (0, 0), "{:#?}", names(&report));
    assert_eq!(unnamed(&verify(&with_chain)), 4);
    let change = |change: fn(&mut Options)| {
        let mut options = own();
        change(&mut options);
        options
    };
    for options in [
        change(|options| options.registrar = Some(CONTRACT)),
        change(|options| options.contract = Some(REGISTRAR)),
        change(|options| options.namespace = Some(governance::hash::Hash32::ZERO)),
    ] {
        let report = verify_lines(&with_chain, &options);
        assert_eq!(report.status, 1);
        assert!(report.findings.iter().all(|finding| finding.text.contains("you named")));
    }
    // A co-op with a chain is not shown as one without.
    assert_eq!(verify_lines(&without, &own()).findings.len(), 3);
}

#[test]
fn the_block_of_a_lot_is_late_enough_and_what_remains_open_is_told() {
    // One of seven does not vote, or everyone does, and voting may end early.
    let absent = election(true);
    let mut all = election(true);
    all.voters.pop();
    let last_ballot = OPENS_AT + 15;
    for (story, timestamp, status) in [
        (&absent, CLOSES_AT + 59, 1),
        (&absent, CLOSES_AT + 60, 0),
        (&absent, last_ballot + 60, 1),
        (&all, last_ballot + 59, 1),
        (&all, last_ballot + 60, 0),
        (&all, CLOSES_AT + 61, 0),
    ] {
        let mut lines = lines(story);
        let (index, mut lot) = line_of(&lines, Section::Lot);
        lot["beacon"]["timestamp"] = timestamp.into();
        lines[index] = lot.to_string();
        let report = verify(&mended(lines, By::Server));
        assert_eq!(report.status, status, "{timestamp}: {:#?}", names(&report));
        assert!(report.not_proved.iter().any(|text| text.contains("the lot's block")));
    }
    let told = |story: &Story| verify(&lines(story)).not_proved.join("\n");
    assert!(told(&election(false)).contains("without a chain it knew it from the start"));
    assert!(!told(&motion(true)).contains("the lot"));
}

#[test]
fn bombs_and_noise_are_refused() {
    let verify = |bytes: &[u8]| audit::verify_reader(bytes, &Options::default()).unwrap();
    let mut header = lines(&motion(false)).remove(0);
    header.push('\n');
    let long_line = [header.as_bytes(), &vec![b'a'; 16 << 20]].concat();
    let many_lines = [header.as_bytes(), &b"{\"section\":\"roll\"}\n".repeat(1 << 20)].concat();
    let deep = [header.as_bytes(), b"{\"section\":", &b"[".repeat(1 << 18), b"\n"].concat();
    for (name, bytes) in [
        ("a line without end", gzip(&long_line)),
        ("lines without end", gzip(&many_lines)),
        ("brackets without end", gzip(&deep)),
        ("no gzip", header.clone().into_bytes()),
    ] {
        let report = verify(&bytes);
        assert_eq!(report.status, 1, "{name}: {:#?}", names(&report));
        assert!(report.findings.len() <= 100);
    }
    let whole = gzip(lines(&motion(false)).join("\n").as_bytes());
    assert_eq!(verify(&whole[..whole.len() / 2]).status, 2, "cut in the middle");
    assert_eq!(verify(&[]).status, 2, "empty");
}

#[test]
fn a_line_read_by_another_program_and_written_again_is_only_another_spelling() {
    // Other spellings of the same JSON are other bytes, so only the server could have signed them; the rest still holds.
    let lines: Vec<String> = lines(&motion(false))
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|value| serde_json::to_string(&value).unwrap())
        .collect();
    assert_eq!(verify(&mended(lines, By::Server)).status, 0);
}
