//! Aim: a person who left can be forgotten: nothing in the database names them or lets anyone guess, nobody but the owner of the schema
//! can remove anything, and every proof that was made before and is made after still holds. Method: every row of every table read as
//! text, the auditor's library over files saved before, and the checker at the end.

use std::sync::Arc;

use audit::folder::{FolderOptions, verify_folder};
use governance::hash::keccak256;
use governance::id::ProposalId;
use governance::membership::Class;
use serde_json::json;
use server::services::export::{ExportMode, export};
use server::services::log::publish_once;
use store::erasure::{ErasureError, ErasureMode, person_erase};
use tests::app::TestApp;
use tests::checker::journal::Journal;
use tests::database::connect;
use tokio_postgres::Client;

use crate::decisions::world::{Hall, Insider};

const NAME: &str = "Quintessa Demo-Unguessable";
const NEW_NAME: &str = "Quintessa Renamed-Unguessable";
const REASON: &str = "Quintessa moves to another town";
const SAID: &str = "Quintessa thinks the loom is too loud";
const SAID_BETTER: &str = "Quintessa thinks the loom is loud at night";
const REMOVED_FOR: &str = "Quintessa repeats what was said";
const YES: &[u16] = &[0];

/// The leaver says something and says it better, is answered, and says something that a steward removes.
async fn talk(hall: &Hall, leaver: &Insider, proposal: ProposalId) {
    let at = hall.about(proposal, "comments");
    let said = leaver.person.post(&at).json(&json!({"body": SAID})).send().await;
    let comment = said.expect(201)["id"].as_str().unwrap().to_owned();
    let edit = leaver.person.patch(&format!("{at}/{comment}")).if_match("\"1\"");
    let _ = edit.json(&json!({"body": SAID_BETTER})).send().await.expect(200);
    let answer = json!({"body": "Not during the day.", "parent": comment});
    let _ = hall.steward.person.post(&at).json(&answer).send().await.expect(201);
    let again = leaver.person.post(&at).json(&json!({"body": SAID})).send().await;
    let again = again.expect(201)["id"].as_str().unwrap().to_owned();
    let removal = hall.steward.person.post(&format!("{at}/{again}/removal"));
    let _ = removal.json(&json!({"reason": REMOVED_FOR})).send().await.expect(200);
}

/// Where these texts, or the hashes that anyone could make of them, stand in the database: `table: row`.
async fn traces(client: &Client, texts: &[&str]) -> Vec<String> {
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1";
    let mut found = Vec::new();
    for table in client.query(tables, &[]).await.unwrap() {
        let table: String = table.get(0);
        for row in client
            .query(&format!("SELECT row_to_json(r)::text FROM \"{table}\" AS r"), &[])
            .await
            .unwrap()
        {
            let row: String = row.get(0);
            for text in texts {
                let hash = hex::encode(keccak256(text.as_bytes()).as_bytes());
                if row.contains(text) || row.contains(&hash) {
                    found.push(format!("{table}: {text}"));
                }
            }
        }
    }
    found
}

async fn verified(folder: &std::path::Path) -> u8 {
    let folder = folder.to_owned();
    let options = FolderOptions {
        bundles: audit::Options::default(),
        entries_max: 100_000,
    };
    let check = move || verify_folder(&folder, &options, &mut |_, _| ()).unwrap().status;
    tokio::task::spawn_blocking(check).await.unwrap()
}

async fn write(app: &TestApp, hall: &Hall, to: &std::path::Path) {
    let report = export(Arc::clone(&app.app), &hall.slug, to, ExportMode::Write, &mut |_| ()).await;
    assert_eq!(report.unwrap().failed, []);
}

async fn rename(leaver: &Insider, at: &str) {
    let card = leaver.person.get(at).send().await;
    let change = leaver.person.patch(at).if_match(&card.etag().unwrap());
    let renamed = change.json(&json!({"display_name": NEW_NAME})).send().await;
    let _ = renamed.expect(200);
}

async fn leave(leaver: &Insider, at: &str) {
    let card = leaver.person.get(at).send().await;
    let leaving = leaver.person.post(&format!("{at}/status")).key("leave");
    let leaving = leaving.if_match(&card.etag().unwrap());
    let left = leaving.json(&json!({"status": "left", "reason": REASON})).send().await;
    assert!(tests::person::is_success(left.status), "{left:?}");
}

/// What stands in the discussion once its author is forgotten.
async fn words_left(hall: &Hall, proposal: ProposalId) -> Vec<Option<String>> {
    let list = hall
        .steward
        .person
        .get(&hall.about(proposal, "comments"))
        .send()
        .await
        .expect(200);
    let items = list["items"].as_array().unwrap().iter();
    items.map(|one| one["body"].as_str().map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_left_is_forgotten_and_every_proof_still_holds() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let mut leaver = hall.join(&app, NAME, Class::Worker, &[]).await;
    // The checker compares what was done with sessions that are gone in the end.
    leaver.person = leaver.person.noted_in(&Journal::default());
    let member = leaver.member;
    let at = hall.path(&format!("members/{member}"));
    rename(&leaver, &at).await;
    let proposal = hall.opened_motion().await;
    talk(&hall, &leaver, proposal).await;
    let _ = hall.cast(&leaver, proposal, 1, YES).await.expect(201);
    hall.all_cast(proposal, &[YES, YES]).await;
    let _ = hall.finish(&app, proposal).await;
    app.work().await;
    let own = tempfile::tempdir().unwrap();
    let before = own.path().join("before");
    write(&app, &hall, &before).await;

    let (url, email) = (app.database.migrator_url.clone(), leaver.person.email.clone());
    let early = person_erase(&url, &email, ErasureMode::Apply).await;
    assert!(matches!(early, Err(ErasureError::StillMember { .. })), "{early:?}");
    leave(&leaver, &at).await;
    let client = connect(&app.database.superuser_url).await;
    let texts = [NAME, NEW_NAME, REASON, email.as_str(), SAID, SAID_BETTER, REMOVED_FOR];
    let known = traces(&client, &texts).await;
    for place in [
        "account: ",
        "member: ",
        "event: ",
        "member_event: ",
        "comment_version: ",
        "comment_removal: ",
    ] {
        assert!(known.iter().any(|trace| trace.starts_with(place)), "{place}{known:?}");
    }
    let preview = person_erase(&url, &email, ErasureMode::Preview).await.unwrap();
    assert_eq!(traces(&client, &texts).await, known, "a preview changes nothing");
    let erased = person_erase(&url, &email, ErasureMode::Apply).await.unwrap();
    assert_eq!(preview, erased);
    assert_eq!(erased.coops.len(), 1);
    assert!(erased.coops[0].events >= 3, "{erased:?}");
    assert_eq!(erased.coops[0].comments, 4, "three versions and a reason");
    assert_eq!(traces(&client, &texts).await, Vec::<String>::new());
    assert_eq!(leaver.person.get("/api/v1/account").send().await.status, 401);
    let left = words_left(&hall, proposal).await;
    assert_eq!(left, [None, Some(String::from("Not during the day.")), None]);
    let again = person_erase(&url, &email, ErasureMode::Apply).await;
    assert!(matches!(again, Err(ErasureError::Unknown(_))), "{again:?}");

    // The log goes on, and both the old record and a new one hold.
    let another = hall.opened_motion().await;
    hall.all_cast(another, &[YES, YES]).await;
    let _ = hall.finish(&app, another).await;
    app.work().await;
    publish_once(&app.app).await.unwrap();
    let after = own.path().join("after");
    write(&app, &hall, &after).await;
    for folder in [&before, &after] {
        assert_eq!(verified(folder).await, 0, "{}", folder.display());
    }
    drop(client);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_can_forget_nobody_and_the_owner_only_whoever_is_noted() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let leaver = hall.join(&app, NAME, Class::Worker, &[]).await;
    let proposal = hall.opened_motion().await;
    talk(&hall, &leaver, proposal).await;
    let coop = hall.coop;
    let try_to = |url: String, statement: String| async move {
        let client = connect(&url).await;
        client
            .batch_execute(&format!("SET app.coop_id = '{coop}'"))
            .await
            .unwrap();
        client
            .batch_execute(&statement)
            .await
            .map_err(|error| error.as_db_error().unwrap().message().to_owned())
    };
    let note = format!(
        "INSERT INTO erasure (coop_id, subject, events, recorded_by) VALUES ('{coop}', '{}', 1, 'test')",
        leaver.member
    );
    let remove = format!("DELETE FROM event WHERE subject = '{}'", leaver.member);
    for statement in [&note, &remove] {
        let refused = try_to(app.database.app_url.clone(), statement.clone())
            .await
            .unwrap_err();
        assert!(refused.contains("permission denied"), "{refused}");
    }
    let owner = "SET ROLE rochdale_owner; ";
    let others = [
        remove.clone(),
        String::from("DELETE FROM comment_version"),
        String::from("UPDATE comment_version SET body = 'other'"),
        String::from("UPDATE comment_removal SET reason = 'erased'"),
        String::from("DELETE FROM comment_removal"),
        format!("DELETE FROM member_event WHERE member_id = '{}'", leaver.member),
        format!("UPDATE event SET salt = salt WHERE subject = '{}'", leaver.member),
        format!("BEGIN; {note}; DELETE FROM event WHERE kind = 1; COMMIT"),
    ];
    for statement in others {
        let refused = try_to(app.database.migrator_url.clone(), format!("{owner}{statement}")).await;
        assert!(
            refused.as_ref().is_err_and(|message| message.contains("never changed")),
            "{statement}: {refused:?}"
        );
    }
    app.finish().await;
}
