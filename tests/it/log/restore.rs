//! Aim: a database or a folder that comes back from an older copy signs nothing that contradicts what was published. Method: the
//! real thing, a copy of the whole database or of the folder, put back in its place.

use std::path::Path;

use governance::hash::Hash32;
use serde_json::json;
use tests::app::TestApp;
use tests::database::{TestDatabase, cluster, connect};
use tests::voter::{Question, Voter};

use super::world::{Log, Seen, check_receipt, checkpoint_in, folder, receipt};
use crate::casting::world::World;

/// Copies the database as it stands, or puts a copy in its place, while nobody is connected.
async fn replace(database: &TestDatabase, statements: &[String]) {
    let client = connect(&cluster().await.superuser_url("postgres")).await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    let name = &database.name;
    client
        .batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        .await
        .unwrap();
    client.query(end, &[name]).await.unwrap();
    for statement in statements {
        client.batch_execute(statement).await.unwrap();
    }
    client
        .batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        .await
        .unwrap();
}

pub async fn back_up(database: &TestDatabase, copy: &str) {
    let name = &database.name;
    replace(database, &[format!("CREATE DATABASE {name}_{copy} TEMPLATE {name}")]).await;
}

pub async fn restore(database: &TestDatabase, copy: &str) {
    let name = &database.name;
    let statements = [
        format!("DROP DATABASE {name} WITH (FORCE)"),
        format!("ALTER DATABASE {name}_{copy} RENAME TO {name}"),
        format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
    ];
    replace(database, &statements).await;
}

async fn vote(world: &World, question: &Question, voter: &Voter) -> serde_json::Value {
    let cast = world.cast(question, &voter.ballot(question, 1, &[1], &[1])).await;
    cast.expect(201)["record_hash"].clone()
}

async fn metric(app: &TestApp, name: &str) -> Option<String> {
    let text = reqwest::get(format!("{}/metrics", app.url))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let line = text.lines().find(|line| line.starts_with(&format!("{name} ")))?;
    Some(line.rsplit(' ').next()?.to_owned())
}

/// What `/readyz` says of the log, once its last answer is too old.
pub async fn readiness(app: &TestApp) -> String {
    tokio::time::sleep(std::time::Duration::from_millis(5_100)).await;
    let ready = app.anonymous().get("/readyz").send().await.expect(200);
    ready["log"].as_str().unwrap().to_owned()
}

pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Lets a log be looked at again at once, although it was refused a moment ago.
pub async fn look_again(app: &TestApp) {
    let client = app.database.superuser().await;
    client
        .batch_execute("UPDATE log_head SET held_until = '-infinity'")
        .await
        .unwrap();
    app.work().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_restored_from_before_the_published_log_signs_nothing() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voters = world.import(4).await;
    let question = world.motion().await;
    let mut seen = Seen::default();
    let (key, log_folder) = (Log::of(&app, world.coop).key().clone(), folder(&app, world.coop));
    let _ = vote(&world, &question, &voters[0]).await;
    app.work().await;
    back_up(&app.database, "older").await;
    let lost = vote(&world, &question, &voters[1]).await;
    app.work().await;
    back_up(&app.database, "newer").await;
    let published = checkpoint_in(&log_folder, &key).unwrap();
    seen.note(published);

    restore(&app.database, "older").await;
    receipt(&world.steward, &world, &lost, 0).await.problem("not-found");
    // As many acts as were lost: without the guard the next checkpoint would have the size of the published one.
    let after = vote(&world, &question, &voters[2]).await;
    app.work().await;
    assert_eq!(
        checkpoint_in(&log_folder, &key),
        Some(published),
        "nothing was published"
    );
    let client = app.database.superuser().await;
    let head = "SELECT size, refused, (SELECT count(*) FROM log_pending) FROM log_head";
    let head = client.query_one(head, &[]).await.unwrap();
    assert!(
        head.get::<_, i64>(0) < i64::try_from(published.size).unwrap(),
        "nothing was signed"
    );
    assert_eq!(head.get::<_, Option<&str>>(1), Some("behind"));
    assert!(head.get::<_, i64>(2) > 0, "nothing got a place that another had");
    let pending = receipt(&world.steward, &world, &after, 0).await.expect(200);
    assert_eq!(pending, json!({"state": "pending"}));
    assert_eq!(readiness(&app).await, "behind");
    assert_eq!(metric(&app, "rochdale_log_behind").await.as_deref(), Some("1"));
    assert!(app.log().contains("restore a newer one"), "the log says what to do");
    drop(client);

    restore(&app.database, "newer").await;
    let _ = vote(&world, &question, &voters[3]).await;
    look_again(&app).await;
    let head = Log::of(&app, world.coop).head().await;
    assert!(head.size > published.size);
    seen.note(head);
    seen.check(&Log::of(&app, world.coop).entries().await);
    check_receipt(&receipt(&world.steward, &world, &lost, 0).await.expect(200), &key);
    assert_eq!(readiness(&app).await, "signed");
    assert_eq!(metric(&app, "rochdale_log_behind").await.as_deref(), Some("0"));
    app.abandon().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_folder_a_log_that_was_published_signs_nothing() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voters = world.import(2).await;
    let question = world.motion().await;
    let _ = vote(&world, &question, &voters[0]).await;
    app.work().await;
    let (key, log_folder) = (Log::of(&app, world.coop).key().clone(), folder(&app, world.coop));
    let published = checkpoint_in(&log_folder, &key).unwrap();
    let away = log_folder.with_extension("away");
    std::fs::rename(&log_folder, &away).unwrap();
    let hash = vote(&world, &question, &voters[1]).await;
    app.work().await;
    assert_eq!(checkpoint_in(&log_folder, &key), None);
    assert!(app.log().contains("mount its storage"));
    let _ = std::fs::remove_dir_all(&log_folder);
    std::fs::rename(&away, &log_folder).unwrap();
    look_again(&app).await;
    let head = check_receipt(&receipt(&world.steward, &world, &hash, 0).await.expect(200), &key);
    assert!(head.size > published.size);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_from_an_older_copy_is_brought_up_to_date_if_it_is_a_beginning_of_the_log() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voters = world.import(3).await;
    let question = world.motion().await;
    app.work().await;
    let log_folder = folder(&app, world.coop);
    let older = log_folder.with_extension("older");
    copy_folder(&log_folder, &older);
    let hash = vote(&world, &question, &voters[0]).await;
    app.work().await;
    std::fs::remove_dir_all(&log_folder).unwrap();
    std::fs::rename(&older, &log_folder).unwrap();
    let _ = vote(&world, &question, &voters[1]).await;
    app.work().await;
    let log = Log::of(&app, world.coop);
    check_receipt(&receipt(&world.steward, &world, &hash, 0).await.expect(200), log.key());
    let _ = log.entries().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_checkpoint_of_other_leaves_signs_nothing() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voters = world.import(2).await;
    let question = world.motion().await;
    app.work().await;
    let log = Log::of(&app, world.coop);
    let path = folder(&app, world.coop).join("checkpoint");
    let (genuine, head) = (std::fs::read(&path).unwrap(), log.head().await);
    let other = governance::log::proof::TreeHead {
        root: Hash32::from_bytes([7; 32]),
        ..head
    };
    let note = governance::log::Checkpoint::new(log.key().name(), other).unwrap();
    let note = note.sign(app.app.secrets.log_key()).unwrap().to_string();
    for (published, what) in [
        (note.into_bytes(), "another root"),
        (b"nothing of ours".to_vec(), "a text"),
    ] {
        std::fs::write(&path, &published).unwrap();
        let _ = vote(&world, &question, &voters[usize::from(what == "a text")]).await;
        look_again(&app).await;
        assert_eq!(std::fs::read(&path).unwrap(), published, "{what}");
        let client = app.database.superuser().await;
        let row = client.query_one("SELECT refused FROM log_head", &[]).await.unwrap();
        assert_eq!(row.get::<_, Option<&str>>(0), Some("contradicts"), "{what}");
    }
    std::fs::write(&path, genuine).unwrap();
    look_again(&app).await;
    assert!(log.head().await.size > head.size);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_at_the_right_edge_is_written_again_from_the_database() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let voter = world.import(1).await.remove(0);
    let question = world.motion().await;
    app.work().await;
    let log = Log::of(&app, world.coop);
    let size = log.head().await.size;
    let path = folder(&app, world.coop).join(format!("tile/0/000.p/{size}"));
    let genuine = std::fs::read(&path).unwrap();
    let mut damaged = genuine.clone();
    damaged[0] ^= 1;
    std::fs::write(&path, damaged).unwrap();
    let hash = vote(&world, &question, &voter).await;
    app.work().await;
    assert_eq!(std::fs::read(&path).unwrap(), genuine);
    check_receipt(&receipt(&world.steward, &world, &hash, 0).await.expect(200), log.key());
    app.finish().await;
}
