//! Aim: level L1 holds where the log holds what the bundle says, and every way in which the two can part is found and named.
//! Method: a decision is put in a log here, then bundle or log is changed as a dishonest server would, and sealed as if it were
//! right.

use audit::{Level, Options, Report, Standing};
use ed25519_dalek::SigningKey;
use governance::event::EventKind;
use governance::hash::Hash32;
use governance::signature::SignatureKind;
use serde_json::{Value, json};
use wire::bundle::Section;

use crate::builder::{Forgery, Key, Story, election, motion};
use crate::bundles::names;
use crate::in_log_events::refact;
use crate::placing::{Placed, other, section};
use crate::tampering::{By, mended, verify, verify_lines};

pub fn required(placed: &Placed) -> Options {
    Options {
        log_key: Some(placed.key()),
        ..Options::default()
    }
}

pub fn beside(placed: &Placed, log: &tempfile::TempDir) -> Options {
    Options {
        log: Some(log.path().to_str().unwrap().to_owned()),
        ..required(placed)
    }
}

/// Expects a finding at L1 in a section, with these words, and the status of a contradiction.
pub fn check(name: &str, report: &Report, section: Section, text: &str) {
    let found = |finding: &audit::Finding| {
        finding.level == Level::L1 && finding.section == section && finding.text.contains(text)
    };
    let context = format!("{name}: {:#?}", names(report));
    assert_eq!(report.status, 1, "{context}");
    assert_eq!(report.levels[&Level::L1], Standing::Contradicted, "{context}");
    assert!(report.findings.iter().any(found), "{context}");
    // A place in the file is named, unless it is what a cover as a whole, or a whole section, does not give.
    let line = report
        .findings
        .iter()
        .find(|finding| found(finding))
        .and_then(|finding| finding.line);
    let whole = section == Section::Cover || text.starts_with("there is no") || text.contains("the close");
    assert!(line.is_some() || whole, "{context}");
}

#[test]
fn a_decision_that_the_log_holds_is_shown_to_be_held() {
    for story in [motion(false), motion(true), election(false), election(true)] {
        let placed = Placed::new(&story);
        let folder = placed.publish();
        let report = verify_lines(&placed.seal(), &beside(&placed, &folder));
        assert_eq!(report.status, 0, "{:#?}", names(&report));
        assert_eq!(report.required, [Level::L0, Level::L1]);
        assert_eq!(report.levels[&Level::L1], Standing::Holds);
        let log = report.log.unwrap();
        assert_eq!(
            (log.checkpoint.size, log.published),
            (placed.head().size, Some(placed.head().into()))
        );
        assert_eq!(log.records, 7 + report.decision.revisions);
        let told = |text: &str| report.not_proved.iter().any(|line| line.contains(text));
        assert!(!told("(L1)") && !told("--log-key") && told("everybody is shown this log"));
        // Without a named key or log it is shown too, and what is believed is told.
        let report = verify(&placed.seal());
        assert_eq!((report.status, report.levels[&Level::L1]), (0, Standing::Holds));
        let told = |text: &str| report.not_proved.iter().any(|line| line.contains(text));
        assert!(told("--log-key") && told("(--log)"));
    }
}

#[test]
fn a_decision_without_ballots_or_with_the_whole_log_to_itself_is_held_too() {
    let mut empty = motion(false);
    empty.casts.clear();
    assert_eq!(verify(&Placed::new(&empty).seal()).levels[&Level::L1], Standing::Holds);
    // Every entry of the log is claimed, so that the cover has no hashes.
    let mut placed = Placed::new(&motion(false));
    placed.entries.clear();
    let order: Vec<usize> = (0..placed.lines.len())
        .filter(|line| placed.lines[*line].get("log_index").is_some())
        .collect();
    let rank = |placed: &Placed, line: usize| placed.lines[line]["log_index"].as_u64();
    let mut sorted = order;
    sorted.sort_by_key(|line| rank(&placed, *line));
    sorted.into_iter().for_each(|line| placed.place(line));
    assert!(placed.cover().is_empty());
    let report = verify(&placed.seal());
    assert_eq!(
        (report.status, report.levels[&Level::L1]),
        (0, Standing::Holds),
        "{:#?}",
        names(&report)
    );
}

#[test]
fn a_log_that_has_grown_since_continues_the_checkpoint() {
    let mut placed = Placed::new(&motion(false));
    let lines = placed.seal();
    for size in [0, 1, 2, 300] {
        placed.grow(size);
        let report = verify_lines(&lines, &beside(&placed, &placed.publish()));
        assert_eq!(report.status, 0, "{size}: {:#?}", names(&report));
    }
}

/// The motion in which member 2, whom the server attests, casts otherwise.
fn rewritten() -> Story {
    let mut story = motion(false);
    story.casts[2].1 = vec![1];
    story
}

/// The lines of one story at the places that the records of another have in its log.
fn told_otherwise(honest: &Placed, story: &Story) -> Placed {
    let mut lie = Placed::new(story);
    lie.entries.clone_from(&honest.entries);
    lie
}

#[test]
fn an_altered_ballot_does_not_lead_to_the_root_and_the_published_log_names_it() {
    let honest = Placed::new(&motion(false));
    // The server writes another ballot for a member without a key, counts it, and signs everything: nothing contradicts at L0.
    let lie = told_otherwise(&honest, &rewritten());
    let report = verify(&lie.seal());
    assert_eq!(report.levels[&Level::L0], Standing::Holds);
    check(
        "altered",
        &report,
        Section::Cover,
        "do not lead to the root of the checkpoint",
    );
    let report = verify_lines(&lie.seal(), &beside(&lie, &honest.publish()));
    check(
        "altered",
        &report,
        Section::Ballot,
        "the log holds another record at #8",
    );
    check(
        "the count follows",
        &report,
        Section::Tally,
        "the log holds another record",
    );
    let ballots = report
        .findings
        .iter()
        .filter(|finding| finding.section == Section::Ballot);
    assert_eq!(
        ballots.count(),
        1,
        "the other ballots are in the log: {:#?}",
        names(&report)
    );
}

#[test]
fn an_added_ballot_has_no_place_or_one_that_is_another_records() {
    let honest = Placed::new(&motion(false));
    let mut story = motion(false);
    story.voters.push(Key::None);
    story.casts.push((2, vec![1], vec![1], None));
    let lie = |place: Value| {
        let mut lie = told_otherwise(&honest, &story);
        lie.of(Section::Ballot)[4]["log_index"] = place;
        lie
    };
    let placeless = verify(&lie(Value::Null).seal());
    check(
        "no place",
        &placeless,
        Section::Ballot,
        "1 have no place in the log, this one first",
    );
    let doubled = verify(&lie(json!(8)).seal());
    check(
        "a place twice",
        &doubled,
        Section::Ballot,
        "the place #8 of the log is also that of line",
    );
    let outside = verify(&lie(json!(1_000)).seal());
    check(
        "no such place",
        &outside,
        Section::Ballot,
        "#1000 lies outside the checkpoint",
    );
    let lie = lie(json!(9));
    let report = verify_lines(&lie.seal(), &beside(&lie, &honest.publish()));
    check(
        "another act's place",
        &report,
        Section::Ballot,
        "the log holds another record at #9",
    );
}

#[test]
fn a_ballot_that_came_after_the_close_or_before_the_question_is_named() {
    let mut placed = Placed::new(&motion(false));
    let late = placed
        .lines
        .iter()
        .position(|line| section(line) == Section::Tally)
        .unwrap()
        - 2;
    assert_eq!(section(&placed.lines[late]), Section::Ballot);
    placed.place(late);
    let report = verify(&placed.seal());
    check("late", &report, Section::Ballot, "a late ballot: it stands at #");
    assert_eq!(report.findings.len(), 1, "{:#?}", names(&report));
    assert_eq!(report.levels[&Level::L0], Standing::Holds);
    let mut placed = Placed::new(&motion(false));
    let first = late - 3;
    placed.entries[0] = crate::placing::entry_of(&placed.lines[first]).unwrap();
    placed.lines[first]["log_index"] = 0.into();
    check(
        "early",
        &verify(&placed.seal()),
        Section::Ballot,
        "before the question, which stands at #3",
    );
    // Two ballots of one member change places: the second of them, on line 4 of the section, replaces the other.
    let mut placed = Placed::new(&motion(false));
    let (a, b) = (late - 2, late);
    let places = [&placed.lines[b]["log_index"], &placed.lines[a]["log_index"]].map(Value::clone);
    let [to_a, to_b] = places;
    let number = |place: &Value| usize::try_from(place.as_u64().unwrap()).unwrap();
    placed.entries.swap(number(&to_a), number(&to_b));
    (placed.lines[a]["log_index"], placed.lines[b]["log_index"]) = (to_a, to_b);
    check(
        "turned",
        &verify(&placed.seal()),
        Section::Ballot,
        "before the one that it replaces",
    );
}

#[test]
fn question_close_and_result_stand_in_their_order() {
    for (name, section_of, text) in [
        (
            "the question after the close",
            Section::Proposal,
            "after the close at #",
        ),
        ("the result before the close", Section::Tally, "before the close at #"),
    ] {
        let mut placed = Placed::new(&motion(false));
        if section_of == Section::Proposal {
            let line = placed
                .lines
                .iter()
                .position(|line| section(line) == section_of)
                .unwrap();
            placed.place(line);
        } else {
            let place = placed.event(EventKind::ProposalClosed)["log_index"].take();
            let number = usize::try_from(place.as_u64().unwrap()).unwrap();
            placed.entries.swap(number, number + 1);
            placed.event(EventKind::ProposalClosed)["log_index"] = (number + 1).into();
            placed.of(Section::Tally)[0]["log_index"] = number.into();
        }
        check(name, &verify(&placed.seal()), section_of, text);
    }
}

#[test]
fn a_miscount_is_found_although_the_log_holds_it() {
    let mut placed = Placed::new(&motion(false));
    let mut tally = placed.of(Section::Tally)[0].clone();
    tally["record"]["counts"] = json!(["0", "3", "0", "0"]);
    *placed.of(Section::Tally)[0] = tally;
    // The server logs the wrong tally, and the event that names it.
    let line = placed
        .lines
        .iter()
        .position(|line| section(line) == Section::Tally)
        .unwrap();
    let index = usize::try_from(placed.lines[line]["log_index"].as_u64().unwrap()).unwrap();
    placed.entries[index] = crate::placing::entry_of(&placed.lines[line]).unwrap();
    let hash = placed.entries[index].record_hash;
    refact(&mut placed, EventKind::ResultPublished, |facts| facts[1] = hash);
    let report = verify_lines(&placed.seal(), &beside(&placed, &placed.publish()));
    assert_eq!(
        (report.status, report.levels[&Level::L1]),
        (1, Standing::Holds),
        "{:#?}",
        names(&report)
    );
    let is_count =
        |finding: &audit::Finding| finding.section == Section::Tally && finding.text.contains("the recount gives");
    assert!(report.findings.iter().any(is_count), "{:#?}", names(&report));
}

#[test]
fn a_checkpoint_of_another_key_or_another_co_op_proves_nothing() {
    let honest = Placed::new(&motion(false));
    let mut stranger = honest.clone();
    stranger.signer = SigningKey::from_bytes(&[8; 32]);
    let report = verify(&honest.seal_with(Some(stranger.note()), &honest.cover()));
    check("another key", &report, Section::Checkpoint, "is not one of the log");
    // A whole log of a stranger agrees with itself, and not with the key that the auditor knows.
    let mut whole = Placed::new(&motion(false));
    whole.signer = stranger.signer.clone();
    let key = whole.key().to_string();
    whole.lines[0]["log"]["key"] = key.into();
    assert_eq!(verify(&whole.seal()).levels[&Level::L1], Standing::Holds);
    let report = verify_lines(&whole.seal(), &required(&honest));
    check("a stranger's log", &report, Section::Header, "you named");
    let mut elsewhere = honest.clone();
    elsewhere.origin = format!("vote.example/log/{}", "0".repeat(64));
    let report = verify(&honest.seal_with(Some(elsewhere.note()), &honest.cover()));
    check(
        "another namespace",
        &report,
        Section::Checkpoint,
        "is not one of the log",
    );
    elsewhere.lines[0]["log"] = json!({"origin": elsewhere.origin, "key": elsewhere.key().to_string()});
    check(
        "another origin",
        &verify(&elsewhere.seal()),
        Section::Header,
        "does not end with a slash and the namespace",
    );
    let mut other_name = honest.clone();
    other_name.lines[0]["log"]["origin"] = format!("x{}", honest.origin).into();
    check(
        "a key of another log",
        &verify(&other_name.seal()),
        Section::Header,
        "of another log than the origin",
    );
    let mut no_key = honest.clone();
    no_key.lines[0]["log"]["key"] = "key".into();
    check(
        "no key",
        &verify(&no_key.seal()),
        Section::Header,
        "not name, id and key",
    );
    let mut no_log = honest;
    no_log.lines[0]["log"] = Value::Null;
    check(
        "no log",
        &verify(&no_log.seal()),
        Section::Checkpoint,
        "the header names no log",
    );
}

#[test]
fn a_history_that_was_rewritten_cut_or_split_is_named_with_both_checkpoints() {
    let honest = Placed::new(&motion(false));
    let (lines, options) = (honest.seal(), |log: &tempfile::TempDir| beside(&honest, log));
    let mut rewritten = honest.clone();
    rewritten.entries[0] = other(99);
    let report = verify_lines(&lines, &options(&rewritten.publish()));
    check(
        "split",
        &report,
        Section::Checkpoint,
        "a split view: the log's key signed two roots for",
    );
    rewritten.grow(300);
    let report = verify_lines(&lines, &options(&rewritten.publish()));
    check("rewritten", &report, Section::Checkpoint, "a rewritten history: at");
    let mut cut = honest.clone();
    cut.entries.truncate(5);
    let report = verify_lines(&lines, &options(&cut.publish()));
    check(
        "cut",
        &report,
        Section::Checkpoint,
        "the log was cut, or this is an old copy of it",
    );
    let mut stranger = honest.clone();
    stranger.signer = SigningKey::from_bytes(&[8; 32]);
    let report = verify_lines(&lines, &options(&stranger.publish()));
    check("another's log", &report, Section::Checkpoint, "is not one of this log");
    // What is only missing is told as missing.
    let mut grown = honest.clone();
    grown.grow(400);
    let torn = grown.publish();
    std::fs::remove_dir_all(torn.path().join("tile/0")).unwrap();
    let nothing = tempfile::tempdir().unwrap();
    for (name, log) in [("no tiles", &torn), ("no log", &nothing)] {
        let report = verify_lines(&lines, &options(log));
        assert_eq!(
            (report.status, report.levels[&Level::L1]),
            (2, Standing::Lacking),
            "{name}: {:#?}",
            names(&report)
        );
    }
    // Tiles that do not lead to the signed root prove nothing against anybody.
    let forged = grown.publish();
    let tile = forged.path().join("tile/0/000");
    let mut bytes = std::fs::read(&tile).unwrap();
    bytes[0] ^= 1;
    std::fs::write(&tile, bytes).unwrap();
    let report = verify_lines(&lines, &options(&forged));
    assert_eq!(report.status, 2, "{:#?}", names(&report));
}

#[test]
fn a_cover_that_is_too_short_too_long_or_another_is_refused() {
    let placed = Placed::new(&election(false));
    let (note, cover) = (placed.note(), placed.cover());
    assert!(cover.len() > 2);
    let seal = |cover: &[Hash32]| verify(&placed.seal_with(Some(note.clone()), cover));
    let mut turned = cover.clone();
    turned.swap(0, 1);
    let long = [cover.as_slice(), &[Hash32::ZERO]].concat();
    for (name, cover, text) in [
        ("short", &cover[1..], "too few hashes"),
        ("one hash", &cover[..1], "too few hashes"),
        ("long", long.as_slice(), "too many hashes"),
        ("turned", turned.as_slice(), "do not lead to the root"),
    ] {
        check(name, &seal(cover), Section::Cover, text);
    }
    let report = seal(&[]);
    assert_eq!(
        (report.status, report.levels[&Level::L1]),
        (0, Standing::Lacking),
        "{:#?}",
        names(&report)
    );
}

#[test]
fn covers_and_notes_of_hostile_size_are_refused() {
    let placed = Placed::new(&motion(false));
    let (note, cover) = (placed.note(), placed.cover());
    let huge = vec![Hash32::ZERO; 30_000];
    let report = verify(&placed.seal_with(Some(note.clone()), &huge));
    check(
        "a cover without end",
        &report,
        Section::Cover,
        "too many hashes; what comes after is not looked at",
    );
    assert!(report.findings.len() < 5, "it is told once: {:#?}", names(&report));
    let claimed = placed.cover();
    assert_eq!(claimed, cover);
    let long_note = format!("{}{}", note, "\u{2014} x AAAAAAAA\n".repeat(20_000));
    check(
        "a note without end",
        &verify(&placed.seal_with(Some(long_note), &cover)),
        Section::Checkpoint,
        "is not one of the log",
    );
    for (name, hashes) in [("no hash", 0), ("more than 512 hashes", 513)] {
        let mut lines = placed.seal_with(Some(note.clone()), &[]);
        let place = lines.len() - 1;
        lines.insert(
            place,
            json!({"section": "cover", "hashes": vec![Hash32::ZERO; hashes]}).to_string(),
        );
        let report = verify(&mended(lines, By::Server));
        check(
            name,
            &report,
            Section::Cover,
            "a line of the cover holds 1 to 512 hashes",
        );
    }
    let mut vast = placed.clone();
    vast.of(Section::Ballot)[0]["log_index"] = u64::MAX.into();
    check(
        "a place beyond all",
        &verify(&vast.seal()),
        Section::Ballot,
        "lies outside the checkpoint",
    );
}

#[test]
fn without_a_checkpoint_the_level_lacks_evidence_and_nothing_is_wrong() {
    let placed = Placed::new(&motion(false));
    let lines = placed.seal_with(None, &[]);
    let report = verify(&lines);
    assert_eq!(
        (report.status, report.levels[&Level::L1]),
        (0, Standing::Lacking),
        "{:#?}",
        names(&report)
    );
    assert_eq!(verify_lines(&lines, &required(&placed)).status, 2);
    // Nor where records have no place yet.
    let mut early = placed;
    early.of(Section::Tally)[0]["log_index"] = Value::Null;
    early.event(EventKind::ResultPublished)["log_index"] = Value::Null;
    assert_eq!(verify(&early.seal_with(None, &[])).status, 0);
    // A bundle of a server that publishes no log is no worse at L0, and lacks what was asked for.
    let without = crate::builder::lines(&motion(false));
    assert_eq!(verify(&without).levels[&Level::L1], Standing::NotInThisBundle);
    assert_eq!(verify_lines(&without, &required(&early)).status, 2);
}

#[test]
fn a_ballot_that_the_server_attests_where_the_member_signed_stands_in_the_log_as_it_is() {
    let mut story = motion(false);
    story.forgery = Some((0, Forgery::SignedBy(Key::of(SignatureKind::Session, 0))));
    assert_eq!(verify(&Placed::new(&story).seal()).levels[&Level::L1], Standing::Holds);
}

#[test]
fn tiles_that_were_forged_accuse_no_record() {
    let honest = Placed::new(&motion(false));
    let lie = told_otherwise(&honest, &rewritten());
    let log = honest.publish();
    // The leaf of the first ballot is another; the bundle's checkpoint is the published one, so that no tile is read for it.
    let tile = log.path().join("tile/0/000.p/16");
    let mut bytes = std::fs::read(&tile).unwrap();
    bytes[5 * 32] ^= 1;
    std::fs::write(&tile, bytes).unwrap();
    let report = verify_lines(&lie.seal(), &beside(&lie, &log));
    let first = lie
        .lines
        .iter()
        .position(|line| section(line) == Section::Ballot)
        .unwrap() as u64
        + 1;
    let is_accused = |finding: &audit::Finding| finding.line == Some(first);
    assert!(!report.findings.iter().any(is_accused), "{:#?}", names(&report));
    assert_eq!(report.levels[&Level::L1], Standing::Contradicted);
}

#[test]
fn a_bundle_without_question_or_result_is_not_held() {
    for dropped in [Section::Proposal, Section::Tally] {
        let mut placed = Placed::new(&motion(false));
        let is_kept =
            |line: &Value| section(line) != dropped && (dropped == Section::Tally || section(line) != Section::Ballot);
        placed.lines.retain(is_kept);
        let report = verify(&placed.seal());
        assert_eq!(
            report.levels[&Level::L1],
            Standing::Lacking,
            "{dropped}: {:#?}",
            names(&report)
        );
    }
}
