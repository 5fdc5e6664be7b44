//! From the act to the proof.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use governance::hash::{Hash32, keccak256};
use governance::log::LogEntry;
use governance::log::proof::ProofRefusal;
use serde_json::json;
use server::services::log::publish_once;
use store::CoopTx;
use store::log::{LeafRow, log_append, log_leaves, log_sequence, log_take};
use tests::app::TestApp;

use super::world::{Log, Seen, check_receipt, checkpoint_in, folder, proved, receipt};
use crate::casting::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_ballot_is_pending_until_a_published_checkpoint_proves_it() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let ada = world.insider(&app, "Ada").await;
    let voter = world.import(1).await.remove(0);
    let question = world.motion().await;
    app.work().await;
    let log = Log::of(&app, world.coop);
    let before = log.head().await;
    let cast = world
        .cast(&question, &voter.ballot(&question, 1, &[1], &[1]))
        .await
        .expect(201);
    let pending = receipt(&ada.person, &world, &cast["record_hash"], 0).await.expect(200);
    assert_eq!(pending, json!({"state": "pending"}));
    app.work().await;
    let proof = receipt(&ada.person, &world, &cast["record_hash"], 0).await.expect(200);
    let head = check_receipt(&proof, log.key());
    assert_eq!(head, log.head().await);
    assert!(head.size > before.size);
    // The same proof says nothing of another record.
    let mut forged = proof.clone();
    forged["record_hash"] = json!(Hash32::ZERO);
    assert_eq!(proved(&forged, log.key()), Err(ProofRefusal::Root));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_a_receipt_gets_the_proof_as_soon_as_there_is_one() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let question = world.motion().await;
    app.work().await;
    let cast = world
        .cast(&question, &voter.ballot(&question, 1, &[1], &[1]))
        .await
        .expect(201);
    let began = Instant::now();
    let still = receipt(&world.steward, &world, &cast["record_hash"], 1)
        .await
        .expect(200);
    assert_eq!(still["state"], "pending");
    assert!(began.elapsed() >= Duration::from_secs(1));
    let publish = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        app.work().await;
    };
    let (proof, ()) = tokio::join!(receipt(&world.steward, &world, &cast["record_hash"], 5), publish);
    check_receipt(&proof.expect(200), Log::of(&app, world.coop).key());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_publishes_within_two_seconds() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voters = world.import(3).await;
    let question = world.motion().await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let worker = tokio::spawn(server::services::jobs::run_worker(Arc::clone(&app.app), stopped));
    let mut slowest = Duration::ZERO;
    for voter in &voters {
        let began = Instant::now();
        let cast = world
            .cast(&question, &voter.ballot(&question, 1, &[1], &[1]))
            .await
            .expect(201);
        let proof = receipt(&world.steward, &world, &cast["record_hash"], 2)
            .await
            .expect(200);
        check_receipt(&proof, Log::of(&app, world.coop).key());
        slowest = slowest.max(began.elapsed());
    }
    eprintln!("the slowest of {} proofs took {slowest:?}", voters.len());
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    stop.send(true).unwrap();
    worker.await.unwrap();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_acknowledged_has_no_receipt() {
    let app = TestApp::start().await;
    let (world, other) = (World::found(&app).await, World::found(&app).await);
    let voter = world.import(1).await.remove(0);
    let question = world.motion().await;
    let cast = world
        .cast(&question, &voter.ballot(&question, 1, &[1], &[1]))
        .await
        .expect(201);
    app.work().await;
    let hash = cast["record_hash"].as_str().unwrap();
    for (who, in_coop, hash) in [
        (&world.steward, &world, &*Hash32::ZERO.to_string()),
        (&world.steward, &world, &*hash.to_uppercase().replace('X', "x")),
        (&world.steward, &world, &hash[2..]),
        (&world.steward, &world, "0x00"),
        (&other.steward, &world, hash),
        (&other.steward, &other, hash),
    ] {
        receipt(who, in_coop, &json!(hash), 0).await.problem("not-found");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_act_of_a_story_is_in_the_published_files_exactly_once() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    // More than a tile, so that a full one is published and the next begins.
    let voters = world.import(130).await;
    let proposal = world.propose("motion", &[]).await;
    let question = world.open(proposal, 5).await;
    for (place, voter) in voters.iter().take(40).enumerate() {
        for revision in 1..=1 + u64::from(place % 3 == 0) {
            let body = voter.ballot(&question, revision, &[0], &[1]);
            let _ = world.cast(&question, &body).await.expect(201);
        }
        if place % 10 == 0 {
            publish_once(&app.app).await.unwrap();
        }
    }
    assert_eq!(world.decided(&app, &question).await["state"], "passed");
    app.work().await;
    let log = Log::of(&app, world.coop);
    let mut published: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    let entries = log.entries().await;
    assert!(entries.len() > 256, "{} entries", entries.len());
    for entry in &entries {
        *published.entry(entry.record_hash.as_bytes().to_vec()).or_default() += 1;
    }
    let acts = "SELECT record_hash FROM ballot WHERE coop_id = $1
        UNION ALL SELECT record_hash FROM record WHERE coop_id = $1
        UNION ALL SELECT record_hash FROM event WHERE coop_id = $1";
    let acts = app
        .database
        .superuser()
        .await
        .query(acts, &[&world.coop.uuid()])
        .await
        .unwrap();
    let mut expected: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for row in &acts {
        *expected.entry(row.get(0)).or_default() += 1;
    }
    assert_eq!(published, expected);
    assert!(expected.values().all(|count| *count == 1));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_beside_each_other_never_publish_differing_things() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voters = world.import(30).await;
    let question = world.motion().await;
    app.work().await;
    let log = Log::of(&app, world.coop);
    let folder = folder(&app, world.coop);
    let (is_over, published) = (AtomicBool::new(false), AtomicUsize::new(0));
    let cast = async {
        // On a busy machine one round of ballots may be over before the workers have published much.
        for revision in 1..=40 {
            for voter in &voters {
                let body = voter.ballot(&question, revision, &[1], &[1]);
                let _ = world.cast(&question, &body).await.expect(201);
            }
            if published.load(Ordering::Relaxed) > 3 {
                break;
            }
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let publish = || async {
        while !is_over.load(Ordering::Relaxed) {
            publish_once(&app.app).await.unwrap();
        }
    };
    let mut seen = Seen::default();
    let watch = async {
        while !is_over.load(Ordering::Relaxed) {
            seen.note(checkpoint_in(&folder, log.key()).unwrap());
            published.store(seen.0.len(), Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::join!(cast, publish(), publish(), publish(), watch);
    app.work().await;
    seen.note(log.head().await);
    assert!(seen.0.len() > 3, "{seen:?}");
    seen.check(&log.entries().await);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_batch_takes_what_waited_longest_and_leaves_the_rest() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    app.work().await;
    // Never committed, so that the log holds nothing but what was done.
    let mut tx = app.app.store.coop_tx("test_batches", world.coop).await.unwrap();
    let head = log_take(&mut tx, 60).await.unwrap().unwrap();
    let entries: Vec<LogEntry> = (0_u8..5)
        .map(|number| LogEntry {
            type_hash: keccak256(b"type"),
            record_hash: keccak256(&[number]),
        })
        .collect();
    log_append(&mut tx, &entries).await.unwrap();
    let sequence = async |tx: &mut CoopTx, epoch, max| log_sequence(tx, epoch, max).await.unwrap();
    assert_eq!(sequence(&mut tx, head.epoch - 1, 2).await, None, "another worker's");
    for (max, moved) in [(2, 2), (1, 3), (100, 5), (100, 5)] {
        assert_eq!(sequence(&mut tx, head.epoch, max).await, Some(head.size + moved));
        let leaves = log_leaves(&mut tx, head.size, i64::MAX).await.unwrap();
        let found: Vec<LogEntry> = leaves.iter().filter_map(LeafRow::entry).collect();
        assert_eq!(found, entries[..usize::try_from(moved).unwrap()]);
    }
    drop(tx);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anyone_reads_the_files_of_a_log_and_no_other() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    app.work().await;
    let log = Log::of(&app, world.coop);
    let size = log.head().await.size;
    let checkpoint = log.file("checkpoint").await;
    assert_eq!(checkpoint.header("cache-control"), Some("no-cache"));
    assert_eq!(checkpoint.header("content-type"), Some("text/plain; charset=utf-8"));
    for name in [format!("tile/0/000.p/{size}"), format!("tile/entries/000.p/{size}")] {
        let tile = log.file(&name).await;
        assert_eq!(tile.status, 200, "{name}");
        assert_eq!(
            tile.header("cache-control"),
            Some("public, max-age=31536000, immutable")
        );
        assert_eq!(tile.header("content-type"), Some("application/octet-stream"));
    }
    for name in [
        "",
        "lock",
        "tmp/1",
        "tile",
        "tile/0/000",
        "tile/0/000.p/255",
        "tile/0/999",
        "checkpoint/",
        "tile/0/..%2F..%2Fcheckpoint",
        "..%2F..%2Fsecrets%2Flog_key",
        "%2e%2e/%2e%2e/secrets/log_key",
    ] {
        assert_eq!(log.file(name).await.status, 404, "{name}");
    }
    app.finish().await;
}
