//! Aim: partial tiles that wider ones replaced go, and nobody who reads or publishes notices. Method: a log that grows, published by
//! a worker that keeps none of them, beside readers who took a checkpoint before.

use std::path::Path;
use std::time::Duration;

use audit::log::{ForkVerdict, LogSource, WatchRequest, fork_proof, watch};
use governance::log::VerifierKey;
use governance::log::tile::growth;
use serde_json::json;
use server::services::log::Publisher;
use tests::app::TestApp;

use super::repair::vote;
use super::world::{Log, Seen, check_receipt, folder, receipt};
use crate::casting::world::World;

/// The partial tiles in a folder.
fn partials(folder: &Path) -> Vec<String> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.join("tile")]);
    while let Some(path) = folders.pop() {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.contains(".p/") {
                found.push(name);
            }
        }
    }
    found.sort();
    found
}

/// Reads the log at these places as those do who took these checkpoints before their tiles went.
fn read(places: &[String; 2], notes: &[Vec<u8>], key: &VerifierKey, size: u64) {
    let folder = tempfile::tempdir().unwrap();
    for place in places {
        let source = LogSource::parse(place).unwrap();
        for notes in notes.windows(2) {
            let report = fork_proof(&notes[0], &notes[1], key, Some(&source));
            assert_eq!(report.verdict, ForkVerdict::Consistent, "{report:?}");
        }
        let state = folder.path().join("state");
        std::fs::write(&state, &notes[0]).unwrap();
        let report = watch(&WatchRequest {
            source: &source,
            key,
            state: &state,
            entries_max: 1_000,
        });
        let report = report.unwrap();
        let seen = report.seen.unwrap().size;
        assert_eq!((report.status, seen), (0, size), "{:?}", report.findings);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partial_tiles_that_wider_ones_replaced_go_and_nobody_notices() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voters = world.import(6).await;
    let question = world.motion().await;
    let log_folder = folder(&app, world.coop);
    let keeps = Publisher::keeping(&app.app, Duration::from_secs(3_600));
    let keeps_none = Publisher::keeping(&app.app, Duration::ZERO);
    let log = Log::of(&app, world.coop);
    let (mut seen, mut notes, mut sizes) = (Seen::default(), Vec::new(), Vec::new());
    for voter in &voters[..4] {
        let _ = vote(&world, &question, voter, 1).await;
        assert!(keeps.publish(world.coop).await.unwrap());
        notes.push(log.file("checkpoint").await.bytes);
        sizes.push(log.head().await.size);
        seen.note(log.head().await);
    }
    let first: Vec<String> = growth(0, sizes[0]).map(|tile| tile.to_string()).collect();
    let mut before = Vec::new();
    for name in &first {
        before.push(log.file(name).await.bytes);
    }
    assert_eq!(partials(&log_folder).len(), 8, "hashes and entries of four sizes");
    let log_key = log.key().clone();
    let name = log_folder.file_name().unwrap().to_str().unwrap();
    let places = [
        format!("{}/log/{name}", app.url),
        log_folder.to_str().unwrap().to_owned(),
    ];

    // The newest of them is what the next one builds on; all others go.
    let hash = vote(&world, &question, &voters[4], 1).await;
    assert!(keeps_none.publish(world.coop).await.unwrap());
    let size = log.head().await.size;
    let expected = [format!("tile/0/000.p/{size}"), format!("tile/entries/000.p/{size}")];
    assert_eq!(partials(&log_folder), expected);
    for (name, bytes) in first.iter().zip(&before) {
        let now = log.file(name).await;
        assert_eq!((now.status, &now.bytes), (200, bytes), "{name}");
    }
    assert_eq!(log.file(&format!("tile/0/000.p/{}", size + 1)).await.status, 404);
    let readers = tokio::task::spawn_blocking(move || read(&places, &notes, &log_key, size));
    readers.await.unwrap();
    check_receipt(
        &receipt(&world.steward, &world, &json!(hash), 0).await.expect(200),
        log.key(),
    );

    // A worker that begins anew, and one that worked before, both go on from what is left.
    for (voter, publisher) in [(0, &Publisher::keeping(&app.app, Duration::ZERO)), (1, &keeps)] {
        let _ = vote(&world, &question, &voters[voter], 2).await;
        assert!(publisher.publish(world.coop).await.unwrap());
        seen.note(log.head().await);
    }
    assert!(!app.log().contains("written again from the database"));
    seen.check(&log.entries().await);
    app.finish().await;
}
