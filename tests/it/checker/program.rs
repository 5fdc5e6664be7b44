//! The checker as a program: one line for each invariant, and an exit status for machines.

use std::path::Path;
use std::process::Output;

use tests::app::TestApp;
use tests::checker::{Evidence, all};
use tokio::process::Command;

use crate::casting::world::{World, unsigned};

async fn check(app: &TestApp, folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_check"));
    command.args(["--database-url", &app.database.superuser_url, "--at-rest"]);
    for (name, path) in [
        ("--journal", folder.join("journal")),
        ("--bundles", folder.join("bundles")),
        ("--secrets", app.secrets_folder()),
        ("--mailbox", app.mailbox()),
    ] {
        command.arg(name).arg(path);
    }
    command.output().await.expect("the program runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_of_each_invariant_whether_it_holds() {
    let app = TestApp::start().await;
    let world = World::found(&app).await;
    let proposal = world.propose("quick", &[]).await;
    let question = world.open(proposal, 3_600).await;
    let body = unsigned(1, &[0], &[1]);
    let path = question.ballots_path();
    let _ = world.steward.post(&path).json(&body).send().await.expect(201);
    let closing = world.path(&format!("proposals/{proposal}/closing"));
    let _ = world.steward.post(&closing).send().await.expect(200);
    app.work().await;
    let folder = tempfile::tempdir().expect("a folder");
    app.journal.write(&folder.path().join("journal"));
    std::fs::create_dir(folder.path().join("bundles")).expect("a folder");
    for ((_, id), bytes) in Evidence::of(&app).await.bundle_bytes {
        let file = format!("bundles/weavers-decision-{id}.rochdale");
        std::fs::write(folder.path().join(file), bytes).expect("a file");
    }
    let whole = check(&app, folder.path()).await;
    let text = String::from_utf8_lossy(&whole.stdout).into_owned();
    assert_eq!(whole.status.code(), Some(0), "{text}");
    assert!(!text.contains("BROKEN"), "{text}");
    for invariant in all() {
        let about = text
            .lines()
            .filter(|line| line.ends_with(&format!(" {}", invariant.name)));
        assert_eq!(about.count(), 1, "{}: {text}", invariant.name);
    }

    // What the program for members can never do.
    let lose = "SET session_replication_role = replica;
        ALTER TABLE ballot DISABLE TRIGGER ballot_only_grows;
        DELETE FROM ballot;
        ALTER TABLE ballot ENABLE ALWAYS TRIGGER ballot_only_grows";
    app.database
        .superuser()
        .await
        .batch_execute(lose)
        .await
        .expect("a superuser");
    let broken = check(&app, folder.path()).await;
    let text = String::from_utf8_lossy(&broken.stdout).into_owned();
    assert_eq!(broken.status.code(), Some(1), "{text}");
    let line = text
        .lines()
        .find(|line| line.ends_with("every_acknowledged_ballot_is_stored"));
    assert!(line.is_some_and(|line| line.starts_with("BROKEN")), "{text}");
    app.abandon().await;
}

#[tokio::test]
async fn the_program_shows_how_it_is_used() {
    let output = Command::new(env!("CARGO_BIN_EXE_check")).arg("--typo").output().await;
    let output = output.expect("the program runs");
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("check --database-url URL"));
}
