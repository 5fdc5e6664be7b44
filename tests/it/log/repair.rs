//! Aim: a log that is ahead of a restored database goes on by the documented command, contradicts nothing that was published, and
//! says to auditors what happened; and a log that is not the continuation of the database's is left alone. Method: the real thing, a
//! copy of the whole database put back in its place.

use std::path::{Path, PathBuf};

use audit::log::{ForkVerdict, LogSource, WatchRequest, fork_proof, watch};
use governance::event::EventKind;
use governance::hash::Hash32;
use governance::log::proof::TreeHead;
use governance::log::{LogEntry, VerifierKey};
use serde_json::{Value, json};
use server::services::log::repair::{LostEntries, LostOfType, Repair, RepairFault, RepairMode, repair};
use store::log::LogRefusal;
use tests::app::TestApp;
use tests::voter::{Question, Voter};

use super::restore::{back_up, copy_folder, look_again, readiness, restore};
use super::world::{Log, Seen, check_receipt, checkpoint_in, folder, receipt};
use crate::casting::world::World;

pub async fn vote(world: &World, question: &Question, voter: &Voter, revision: u64) -> Hash32 {
    cast(world, question, &voter.ballot(question, revision, &[1], &[1])).await
}

pub async fn cast(world: &World, question: &Question, ballot: &Value) -> Hash32 {
    let receipt = world.cast(question, ballot).await.expect(201);
    receipt["record_hash"].as_str().unwrap().parse().unwrap()
}

/// Everything that a repair could change.
pub async fn rows(app: &TestApp) -> String {
    let client = app.database.superuser().await;
    let query = "SELECT concat(
        (SELECT string_agg(leaf::text, ',' ORDER BY log_index) FROM log_leaf AS leaf),
        (SELECT string_agg(head::text, ',') FROM log_head AS head),
        (SELECT string_agg(pending::text, ',' ORDER BY entry_id) FROM log_pending AS pending),
        (SELECT string_agg(event::text, ',' ORDER BY id) FROM event))";
    client.query_one(query, &[]).await.unwrap().get(0)
}

pub async fn slug(app: &TestApp, world: &World) -> String {
    let query = "SELECT slug FROM coop WHERE id = $1";
    let client = app.database.superuser().await;
    client.query_one(query, &[&world.coop.uuid()]).await.unwrap().get(0)
}

/// Looks at the log as somebody does who remembers what was seen; the size.
async fn watched(folder: &Path, key: &VerifierKey, state: &Path) -> u64 {
    let (folder, key, state) = (folder.to_str().unwrap().to_owned(), key.clone(), state.to_path_buf());
    let look = move || {
        let source = LogSource::parse(&folder).unwrap();
        watch(&WatchRequest {
            source: &source,
            key: &key,
            state: &state,
            entries_max: 100_000,
        })
    };
    let report = tokio::task::spawn_blocking(look).await.unwrap().unwrap();
    assert_eq!((report.status, report.findings.len()), (0, 0), "{report:?}");
    report.seen.unwrap().size
}

/// Repairs once; the second time must change nothing.
async fn repaired(app: &TestApp, slug: &str) -> LostEntries {
    let before = rows(app).await;
    let preview = repair(&app.app, slug, RepairMode::Preview).await.unwrap();
    assert_eq!(rows(app).await, before, "a preview writes nothing");
    let done = repair(&app.app, slug, RepairMode::Apply).await.unwrap();
    assert_eq!(done, preview, "what was previewed was done");
    let after = rows(app).await;
    assert_ne!(after, before);
    for mode in [RepairMode::Preview, RepairMode::Apply] {
        assert_eq!(repair(&app.app, slug, mode).await.unwrap(), Repair::NotBehind);
        assert_eq!(rows(app).await, after, "the second time changes nothing");
    }
    match done {
        Repair::Behind(lost) => lost,
        Repair::NotBehind => panic!("the database was behind"),
    }
}

/// Checks the event of the repair: it is in the log once, behind what came back, with the facts.
async fn check_event(app: &TestApp, log: &Log<'_>, lost: &LostEntries) {
    let client = app.database.superuser().await;
    let kind = i16::try_from(EventKind::LogRepaired.code()).unwrap();
    let query = "SELECT words, record_hash, recorded_by FROM event WHERE kind = $1";
    let event = client.query_one(query, &[&kind]).await.unwrap();
    let number = |number: u64| Hash32::from_u128(number.into());
    let words = [
        Hash32::ZERO,
        number(lost.first_index),
        number(lost.end_index),
        lost.root,
    ];
    let words: Vec<u8> = words.iter().flat_map(|word| *word.as_bytes()).collect();
    assert_eq!(event.get::<_, Vec<u8>>(0), words);
    assert_eq!(event.get::<_, &str>(2), "log_repair");
    let hash = Hash32::from_slice(event.get(1)).unwrap();
    assert!(places(log, hash).await[0] >= lost.end_index);
}

/// Where an entry stands in the published log.
pub async fn places(log: &Log<'_>, hash: Hash32) -> Vec<u64> {
    let entries = log.entries().await;
    let places = (0..).zip(&entries).filter(|(_, entry)| entry.record_hash == hash);
    places.map(|(place, _)| place).collect()
}

/// Checks that `/readyz` and the log of the program name the command.
async fn check_advice(app: &TestApp) {
    assert_eq!(readiness(app).await, "behind");
    let ready = app.anonymous().get("/readyz").send().await.expect(200);
    let advice = ready["advice"].as_str().unwrap();
    for text in [advice, &app.log()] {
        assert!(text.contains("rochdale admin repair-log"), "{text}");
    }
}

/// What was published before the database came back from a copy.
struct Before {
    note: Vec<u8>,
    entries: Vec<LogEntry>,
    folder: PathBuf,
    /// What somebody who watches remembers.
    state: PathBuf,
}

impl Before {
    /// Checks that the log as it is now contradicts none of it; its head.
    async fn check(&self, log: &Log<'_>, mut seen: Seen) -> TreeHead {
        let (head, all) = (log.head().await, log.entries().await);
        seen.note(head);
        seen.check(&all);
        assert_eq!(all[..self.entries.len()], self.entries, "what was published stays");
        assert_eq!(watched(&self.folder, log.key(), &self.state).await, head.size);
        let tiles = LogSource::parse(self.folder.to_str().unwrap()).unwrap();
        let newest = std::fs::read(self.folder.join("checkpoint")).unwrap();
        let report = fork_proof(&self.note, &newest, log.key(), Some(&tiles));
        let verdict = (report.verdict, report.status);
        assert_eq!(verdict, (ForkVerdict::Consistent, 0), "{report:?}");
        head
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_repair_the_log_goes_on_from_what_was_published_and_lost_votes_are_cast_again() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voters = world.import(5).await;
    let question = world.motion().await;
    let (log, log_folder) = (Log::of(&app, world.coop), folder(&app, world.coop));
    let (key, state) = (log.key().clone(), tempfile::tempdir().unwrap());
    let state = state.path().join("state");
    let mut seen = Seen::default();
    let slug = slug(&app, &world).await;
    let _ = vote(&world, &question, &voters[0], 1).await;
    app.work().await;
    let first_index = log.head().await.size;
    // It waits for its place in the copy, and is published before the copy comes back.
    let waiting = vote(&world, &question, &voters[1], 1).await;
    back_up(&app.database, "older").await;
    app.work().await;
    let kept = voters[4].ballot(&question, 1, &[1], &[1]);
    let lost = [
        vote(&world, &question, &voters[2], 1).await,
        vote(&world, &question, &voters[0], 2).await,
    ];
    let sent = cast(&world, &question, &kept).await;
    app.work().await;
    let published = log.head().await;
    seen.note(published);
    assert_eq!(watched(&log_folder, &key, &state).await, published.size);
    let before = Before {
        note: std::fs::read(log_folder.join("checkpoint")).unwrap(),
        entries: log.entries().await,
        folder: log_folder.clone(),
        state,
    };

    restore(&app.database, "older").await;
    let after = vote(&world, &question, &voters[3], 1).await;
    app.work().await;
    check_advice(&app).await;

    let told = repaired(&app, &slug).await;
    let ballots = LostOfType { entries: 4, waiting: 1 };
    let expected = LostEntries {
        first_index,
        end_index: published.size,
        root: published.root,
        types: [(String::from("BallotV1"), ballots)].into(),
    };
    assert_eq!(told, expected);
    assert_eq!(checkpoint_in(&log_folder, &key), Some(published));
    // The next revision is that of the restored database, also where it was used before.
    let again = [
        vote(&world, &question, &voters[2], 1).await,
        vote(&world, &question, &voters[0], 2).await,
    ];
    // A program that kept its ballot sends the very same one: it counts, and has a second entry.
    assert_eq!(cast(&world, &question, &kept).await, sent);
    app.work().await;
    let head = before.check(&log, seen).await;
    assert!(head.size >= published.size + 5, "{head:?}");
    check_event(&app, &log, &told).await;
    let once = [waiting, after].into_iter().chain(lost).chain(again);
    for (hash, many) in once.map(|hash| (hash, 1)).chain([(sent, 2)]) {
        assert_eq!(places(&log, hash).await.len(), many, "{hash}");
        let answer = receipt(&world.steward, &world, &json!(hash), 0).await;
        assert_eq!(check_receipt(&answer.expect(200), &key), head);
    }
    assert_eq!(readiness(&app).await, "signed");
    assert_eq!(
        repair(&app.app, &slug, RepairMode::Apply).await.unwrap(),
        Repair::NotBehind
    );
    app.finish().await;
}

/// Tries to repair, both ways: it is refused and nothing is written.
async fn refused(app: &TestApp, slug: &str, what: &str) -> RepairFault {
    let before = rows(app).await;
    let preview = repair(&app.app, slug, RepairMode::Preview).await.unwrap_err();
    let fault = repair(&app.app, slug, RepairMode::Apply).await.unwrap_err();
    assert_eq!(preview.to_string(), fault.to_string(), "{what}");
    assert!(
        fault.to_string().starts_with("nothing was written: "),
        "{what}: {fault}"
    );
    assert_eq!(rows(app).await, before, "{what}");
    fault
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_log_that_does_not_begin_with_the_leaves_of_the_database_repairs_nothing() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voters = world.import(4).await;
    let question = world.motion().await;
    let (slug, log_folder) = (slug(&app, &world).await, folder(&app, world.coop));
    let (older, longer) = (log_folder.with_extension("older"), log_folder.with_extension("longer"));
    app.work().await;
    back_up(&app.database, "older").await;
    copy_folder(&log_folder, &older);
    for voter in &voters[..2] {
        let _ = vote(&world, &question, voter, 1).await;
    }
    app.work().await;
    // Database and folder both come back from before, and another log grows out of it, shorter than what was published.
    restore(&app.database, "older").await;
    std::fs::rename(&log_folder, &longer).unwrap();
    std::fs::rename(&older, &log_folder).unwrap();
    let _ = vote(&world, &question, &voters[2], 1).await;
    app.work().await;
    std::fs::remove_dir_all(&log_folder).unwrap();
    std::fs::rename(&longer, &log_folder).unwrap();
    let _ = vote(&world, &question, &voters[3], 1).await;
    look_again(&app).await;
    assert_eq!(readiness(&app).await, "behind");
    let fault = refused(&app, &slug, "another log").await;
    let contradicts = LogRefusal::Contradicts;
    assert!(
        matches!(&fault, RepairFault::Refused { refusal, what } if *refusal == contradicts && what.contains("are others"))
    );
    app.abandon().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn published_files_that_are_damaged_or_foreign_and_a_log_that_is_held_repair_nothing() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let question = world.motion().await;
    let (slug, log_folder) = (slug(&app, &world).await, folder(&app, world.coop));
    app.work().await;
    back_up(&app.database, "older").await;
    let _ = vote(&world, &question, &voter, 1).await;
    app.work().await;
    let size = Log::of(&app, world.coop).head().await.size;
    restore(&app.database, "older").await;
    let bundle = log_folder.join(format!("tile/entries/000.p/{size}"));
    let checkpoint = log_folder.join("checkpoint");
    let genuine = std::fs::read(&bundle).unwrap();
    let mut other = genuine.clone();
    *other.last_mut().unwrap() ^= 1;
    let cases = [
        (
            "one other byte in an entry",
            &bundle,
            Some(other),
            LogRefusal::Contradicts,
        ),
        (
            "half a bundle",
            &bundle,
            Some(genuine[..70].to_vec()),
            LogRefusal::Contradicts,
        ),
        ("no bundle", &bundle, None, LogRefusal::Unreachable),
        (
            "another checkpoint",
            &checkpoint,
            Some(b"a text".to_vec()),
            LogRefusal::Contradicts,
        ),
        ("no checkpoint", &checkpoint, None, LogRefusal::Unreachable),
    ];
    for (what, path, bytes, expected) in cases {
        let genuine = std::fs::read(path).unwrap();
        match bytes {
            Some(bytes) => std::fs::write(path, bytes).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
        let fault = refused(&app, &slug, what).await;
        assert!(
            matches!(&fault, RepairFault::Refused { refusal, .. } if *refusal == expected),
            "{what}: {fault}"
        );
        std::fs::write(path, genuine).unwrap();
    }
    let client = app.database.superuser().await;
    let hold = "UPDATE log_head SET held_until = now() + interval '1 hour'";
    client.batch_execute(hold).await.unwrap();
    let before = rows(&app).await;
    let fault = repair(&app.app, &slug, RepairMode::Apply).await.unwrap_err();
    assert!(matches!(fault, RepairFault::Held), "{fault}");
    assert_eq!(rows(&app).await, before);
    client
        .batch_execute("UPDATE log_head SET held_until = '-infinity'")
        .await
        .unwrap();
    drop(client);
    let _ = repaired(&app, &slug).await;
    assert!(matches!(
        repair(&app.app, "nobody", RepairMode::Apply).await,
        Err(RepairFault::NoCoop)
    ));
    app.finish().await;
}
