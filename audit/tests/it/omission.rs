//! Aim: a ballot that the server acknowledged and left out of the bundle is proved to be missing, and nobody can accuse a server
//! of it that did not. Method: bundles and logs of one story told in two ways, and acknowledgements signed here.

use audit::{OmissionReport, OmissionVerdict, Options, check_omission};
use ed25519_dalek::{Signer, SigningKey};
use governance::hash::{Hash32, to_hex};
use governance::log::proof::inclusion_plan;
use governance::log::{LogEntry, Node, VerifierKey};
use governance::record::{Domain, ReceiptV1, Record, digest};
use serde_json::{Value, json};
use wire::bundle::{BallotLine, Section};

use crate::builder::{gzip, motion, server_key};
use crate::placing::{Placed, section};
use crate::tampering::{By, mended};

fn ballot(placed: &Placed, number: usize) -> BallotLine {
    let mut ballots = placed.lines.iter().filter(|line| section(line) == Section::Ballot);
    serde_json::from_value(ballots.nth(number).unwrap().clone()).unwrap()
}

fn signed(receipt: &ReceiptV1, key: &SigningKey) -> Value {
    let domain = Domain {
        namespace: receipt.namespace,
        chain: None,
    };
    let signature = key.sign(digest(&domain, receipt).as_bytes()).to_bytes();
    json!({
        "record_hash": receipt.record_hash,
        "sequence": receipt.sequence,
        "receipt": receipt,
        "receipt_signature": to_hex(&signature),
        "server_key": to_hex(key.verifying_key().as_bytes()),
    })
}

fn receipt(placed: &Placed, number: usize) -> ReceiptV1 {
    let line = ballot(placed, number);
    ReceiptV1 {
        namespace: line.record.namespace,
        subject: line.record.proposal,
        record_hash: line.record.struct_hash(),
        sequence: line.sequence,
        at: line.at,
        salt: line.record.salt,
    }
}

/// What the server answered to a ballot.
pub fn acknowledgement(placed: &Placed, number: usize) -> Value {
    signed(&receipt(placed, number), &server_key())
}

/// What the server answers about a ballot once the log is published.
fn proof(placed: &Placed, number: usize) -> Value {
    let line = ballot(placed, number);
    let (entry, index) = (LogEntry::of(&line.record), line.log_index.unwrap());
    let leaves: Vec<Hash32> = placed.entries.iter().map(LogEntry::leaf_hash).collect();
    let read = |node: Node| {
        let width = 1_usize << node.level;
        let start = usize::try_from(node.index).unwrap() * width;
        Ok::<_, std::convert::Infallible>(crate::placing::root_of(&leaves[start..start + width]))
    };
    let Ok(inclusion) = inclusion_plan(index, placed.head().size).unwrap().make(&mut { read });
    json!({
        "state": "published",
        "origin": placed.origin,
        "log_key": placed.key().to_string(),
        "type_hash": entry.type_hash,
        "record_hash": entry.record_hash,
        "index": index,
        "size": placed.head().size,
        "inclusion": inclusion,
        "checkpoint": placed.note(),
    })
}

/// The bundle of a server that left the third ballot out, counted without it and closed as if it had never come. The log is the
/// honest one, in which another act seems to stand in its place.
pub fn omitting(honest: &Placed) -> Placed {
    let mut story = motion(false);
    story.casts.remove(2);
    let mut lie = Placed::new(&story);
    // The places of the honest log, but for the ballot that is not told.
    let told: Vec<Value> = honest
        .lines
        .iter()
        .filter(|line| section(line) != Section::Ballot)
        .cloned()
        .collect();
    let index = |kind: Section, number: usize| {
        let mut lines = told.iter().filter(|line| section(line) == kind);
        lines.nth(number).unwrap()["log_index"].clone()
    };
    lie.entries.clone_from(&honest.entries);
    for (kind, count) in [(Section::Proposal, 1), (Section::Event, 5), (Section::Tally, 1)] {
        for number in 0..count {
            lie.of(kind)[number]["log_index"] = index(kind, number);
        }
    }
    for (to, from) in [(0, 0), (1, 1), (2, 3)] {
        lie.of(Section::Ballot)[to]["log_index"] = json!(ballot(honest, from).log_index);
    }
    // It lied from the close on, so that its log holds what it tells.
    for line in lie.lines.clone() {
        if let (Some(entry), Some(index)) = (crate::placing::entry_of(&line), line["log_index"].as_u64()) {
            lie.entries[usize::try_from(index).unwrap()] = entry;
        }
    }
    lie
}

fn zipped(lines: &[String]) -> Vec<u8> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    gzip(text.as_bytes())
}

fn judge(evidence: &Value, key: Option<&VerifierKey>, lines: &[String]) -> OmissionReport {
    let bytes = zipped(lines);
    check_omission(
        evidence.to_string().as_bytes(),
        (key, None),
        bytes.as_slice(),
        &Options::default(),
    )
}

fn check(name: &str, report: &OmissionReport, verdict: OmissionVerdict, reason: &str) {
    let status = match verdict {
        OmissionVerdict::Held => 0,
        OmissionVerdict::Omitted | OmissionVerdict::Contradicted => 1,
        OmissionVerdict::Undecided => 2,
    };
    assert_eq!((report.verdict, report.status), (verdict, status), "{name}: {report:?}");
    assert!(report.reason.contains(reason), "{name}: {report:?}");
}

#[test]
fn a_ballot_that_was_acknowledged_and_left_out_is_proved_to_be_missing() {
    let honest = Placed::new(&motion(false));
    let lie = omitting(&honest);
    // Nothing in the bundle tells it: L0 and L1 hold.
    let alone = crate::tampering::verify(&lie.seal());
    assert_eq!(alone.status, 0, "{:#?}", crate::bundles::names(&alone));
    assert_eq!(alone.levels[&audit::Level::L1], audit::Standing::Holds);
    let report = judge(&acknowledgement(&honest, 2), None, &lie.seal());
    check(
        "omitted",
        &report,
        OmissionVerdict::Omitted,
        "the server signed that it stored this ballot",
    );
    assert!(report.reason.contains("with the sequence 104"), "{report:?}");
    // As the portal saves it, beside the proof, it says the same.
    let saved = json!({"state": "pending", "acknowledgement": acknowledgement(&honest, 2), "coop": {"name": "x"}});
    check(
        "saved",
        &judge(&saved, None, &lie.seal()),
        OmissionVerdict::Omitted,
        "the server signed that it stored",
    );
    // A server that seals a bundle which contradicts itself as well is no better off.
    let mut lines = lie.seal();
    let place = lines
        .iter()
        .position(|line| line.contains("\"section\":\"tally\""))
        .unwrap();
    lines[place] = lines[place].replace("\"attested_ballots\":", "\"attested_ballots\":1");
    let report = judge(&acknowledgement(&honest, 2), None, &mended(lines, By::Server));
    check(
        "omitted and miscounted",
        &report,
        OmissionVerdict::Omitted,
        "the server signed that it stored",
    );
}

#[test]
fn a_ballot_that_is_there_is_held_counted_or_not() {
    let honest = Placed::new(&motion(false));
    for (number, reason) in [
        (0, "it is counted"),
        (1, "it is not counted, since a later one"),
        (3, "it is counted"),
    ] {
        let report = judge(&acknowledgement(&honest, number), None, &honest.seal());
        check("acknowledged", &report, OmissionVerdict::Held, reason);
        let line = honest
            .lines
            .iter()
            .position(|line| section(line) == Section::Ballot)
            .unwrap()
            + number
            + 1;
        assert_eq!(report.line, Some(line as u64));
        let report = judge(&proof(&honest, number), Some(&honest.key()), &honest.seal());
        check("in the log", &report, OmissionVerdict::Held, reason);
    }
}

#[test]
fn nobody_can_accuse_a_server_with_a_bundle_of_their_own() {
    let honest = Placed::new(&motion(false));
    let (good, lines) = (acknowledgement(&honest, 2), honest.seal());
    let ballots = || (0..lines.len()).filter(|line| lines[*line].contains("\"section\":\"ballot\""));
    // Whoever takes the ballot out of the file cannot seal it anew.
    let mut without = lines.clone();
    without.remove(ballots().nth(2).unwrap());
    check(
        "taken out",
        &judge(&good, None, &mended(without, By::Anyone)),
        OmissionVerdict::Contradicted,
        "not as the server signed it",
    );
    // Nor by an end that does not speak of every section, so that its seal cannot be looked at.
    let mut without = lines.clone();
    without.remove(ballots().nth(2).unwrap());
    let mut without = mended(without, By::Anyone);
    let mut end: Value = serde_json::from_str(&without.pop().unwrap()).unwrap();
    end["counts"].as_object_mut().unwrap().remove("lot");
    without.push(end.to_string());
    check(
        "an end of less",
        &judge(&good, None, &without),
        OmissionVerdict::Contradicted,
        "not as the server signed it",
    );
    let none: Vec<String> = lines
        .iter()
        .filter(|line| !line.contains("\"section\":\"ballot\""))
        .cloned()
        .collect();
    check(
        "all taken out",
        &judge(&good, None, &mended(none, By::Anyone)),
        OmissionVerdict::Undecided,
        "is not whole",
    );
    check(
        "cut",
        &judge(&good, None, &lines[..lines.len() - 1]),
        OmissionVerdict::Undecided,
        "is not whole",
    );
}

#[test]
fn nobody_but_the_server_can_acknowledge_a_ballot() {
    let honest = Placed::new(&motion(false));
    let (good, lines) = (acknowledgement(&honest, 2), honest.seal());
    let mut invented = receipt(&honest, 2);
    invented.record_hash = Hash32::from_u128(7);
    let stranger = SigningKey::from_bytes(&[8; 32]);
    let forged = signed(&invented, &stranger);
    check(
        "a stranger's",
        &judge(&forged, None, &lines),
        OmissionVerdict::Contradicted,
        "does not bear the signature",
    );
    let mut changed = good.clone();
    changed["receipt"]["record_hash"] = json!(invented.record_hash);
    check(
        "changed",
        &judge(&changed, None, &lines),
        OmissionVerdict::Contradicted,
        "does not bear the signature",
    );
    changed["receipt_signature"] = "0x".into();
    check(
        "unsigned",
        &judge(&changed, None, &lines),
        OmissionVerdict::Contradicted,
        "does not bear the signature",
    );
    let mut elsewhere = receipt(&honest, 2);
    elsewhere.subject = Hash32::from_u128(7);
    let elsewhere = signed(&elsewhere, &server_key());
    check(
        "another decision's",
        &judge(&elsewhere, None, &lines),
        OmissionVerdict::Undecided,
        "of another decision",
    );
}

#[test]
fn a_proof_that_the_log_holds_a_ballot_does_not_say_of_which_decision_it_is() {
    let honest = Placed::new(&motion(false));
    let lie = omitting(&honest);
    let evidence = proof(&honest, 2);
    let key = Some(honest.key());
    let report = judge(&evidence, key.as_ref(), &lie.seal());
    check(
        "within",
        &report,
        OmissionVerdict::Undecided,
        "of which decision it is, only the acknowledgement says",
    );
    check(
        "no key",
        &judge(&evidence, None, &lie.seal()),
        OmissionVerdict::Undecided,
        "(--key)",
    );
    let mut changed = evidence.clone();
    changed["index"] = 0.into();
    check(
        "changed",
        &judge(&changed, key.as_ref(), &lie.seal()),
        OmissionVerdict::Contradicted,
        "the root",
    );
    let mut question = evidence.clone();
    question["type_hash"] = json!(LogEntry::of(&ballot(&honest, 0).record).record_hash);
    check(
        "no ballot",
        &judge(&question, key.as_ref(), &lie.seal()),
        OmissionVerdict::Undecided,
        "the proof is not of a ballot",
    );
    let mut later = honest.clone();
    later.grow(1);
    let place = later
        .lines
        .iter()
        .position(|line| section(line) == Section::Ballot)
        .unwrap()
        + 2;
    later.place(place);
    let report = judge(&proof(&later, 2), key.as_ref(), &lie.seal());
    check(
        "after the close",
        &report,
        OmissionVerdict::Undecided,
        "it is of another one",
    );
}

#[test]
fn files_of_any_kind_are_judged_and_not_believed() {
    let honest = Placed::new(&motion(false));
    let bytes = zipped(&honest.seal());
    let judge =
        |evidence: &[u8], record| check_omission(evidence, (None, record), bytes.as_slice(), &Options::default());
    let long = vec![b' '; audit::log::RECEIPT_BYTES_MAX + 1];
    for (name, evidence, reason) in [
        ("empty", &b""[..], "neither an acknowledgement nor a proof"),
        (
            "pending",
            br#"{"state":"pending"}"#,
            "neither an acknowledgement nor a proof",
        ),
        ("deep", &b"[".repeat(1 << 18), "neither an acknowledgement nor a proof"),
        ("long", &long, "is longer than"),
    ] {
        check(name, &judge(evidence, None), OmissionVerdict::Undecided, reason);
    }
    let good = acknowledgement(&honest, 0).to_string();
    let own = receipt(&honest, 0).record_hash;
    check(
        "named",
        &judge(good.as_bytes(), Some(own)),
        OmissionVerdict::Held,
        "holds the ballot",
    );
    let other = judge(good.as_bytes(), Some(Hash32::ZERO));
    check(
        "another named",
        &other,
        OmissionVerdict::Contradicted,
        "another record than the one asked for",
    );
}
