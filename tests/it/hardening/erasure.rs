//! Aim: a person who left can be forgotten: nothing in the database names them or lets anyone guess, nobody but the owner of the schema
//! can remove anything, and every proof that was made before and is made after still holds. Method: every row of every table read as
//! text, the auditor's library over files saved before, and the checker at the end.

use std::collections::BTreeSet;
use std::sync::Arc;

use audit::folder::{FolderOptions, verify_folder};
use governance::bylaws::Bylaws;
use governance::hash::keccak256;
use governance::id::ProposalId;
use governance::membership::{Class, Role};
use serde_json::json;
use server::services::export::{ExportMode, export};
use server::services::log::publish_once;
use store::erasure::{ErasureError, ErasureMode, person_erase};
use tests::app::TestApp;
use tests::checker::journal::Journal;
use tests::database::connect;
use tokio_postgres::Client;

use crate::decisions::world::{Hall, Insider, quick_bylaws};
use crate::revenue::world::table;

const NAME: &str = "Quintessa Demo-Unguessable";
const NEW_NAME: &str = "Quintessa Renamed-Unguessable";
const REASON: &str = "Quintessa moves to another town";
const SAID: &str = "Quintessa thinks the loom is too loud";
const SAID_BETTER: &str = "Quintessa thinks the loom is loud at night";
const REMOVED_FOR: &str = "Quintessa repeats what was said";
const OBJECTS_FOR: &str = "Quintessa says the loom wakes her";
const CONTESTS_FOR: &str = "Quintessa was asleep when it was counted";
const ANSWERED: &str = "Quintessa was asleep indeed";
const DISPUTES_FOR: &str = "Quintessa counted the hours at home, too";
const RULED: &str = "Quintessa was not at the loom";
const REPLIES: &str = "Quintessa never had the key";
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

/// Bylaws in which two members on the roll may stop a motion that was carried.
async fn let_two_object(app: &TestApp, hall: &Hall, yes: &[&[u16]]) {
    let mut bylaws: Bylaws = serde_json::from_value(quick_bylaws()).unwrap();
    let kind = bylaws.kinds.get_mut("motion").unwrap();
    (kind.objection_seconds, kind.objectors) = (3_600, 2);
    let body = json!({"kind": "motion", "title": "Let two object", "actions": [
        {"act": {"action": "amend_bylaws", "version": 1, "replaces": 1, "bylaws": bylaws}}]});
    let proposal = hall.opened(&body).await;
    hall.all_cast(proposal, yes).await;
    let _ = hall.finish(app, proposal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_forgotten_person_objected_goes_and_that_they_did_stays() {
    let app = TestApp::start().await;
    let mut hall = Hall::with_members(&app, 1).await;
    let mut leaver = hall.join(&app, NAME, Class::Worker, &[]).await;
    leaver.person = leaver.person.noted_in(&Journal::default());
    hall.members.push(leaver.clone());
    let_two_object(&app, &hall, &[YES, YES, YES]).await;
    let proposal = hall.opened_motion().await;
    hall.all_cast(proposal, &[YES, YES, YES]).await;
    let _ = hall.finish(&app, proposal).await;
    let object = |who: &Insider, why: &str| {
        let request = who.person.post(&hall.about(proposal, "objections"));
        request.json(&json!({"reason": why}))
    };
    let _ = object(&hall.members[0], "Too loud.").send().await.expect(200);
    let stopped = object(&leaver, OBJECTS_FOR).send().await.expect(200);
    assert!(
        stopped["end_reason"].as_str().unwrap().ends_with(OBJECTS_FOR),
        "{stopped}"
    );
    app.work().await;
    leave(&leaver, &hall.path(&format!("members/{}", leaver.member))).await;
    let client = connect(&app.database.superuser_url).await;
    let known = traces(&client, &[OBJECTS_FOR]).await;
    for place in ["proposal_objection: ", "proposal: ", "event: "] {
        assert!(known.iter().any(|trace| trace.starts_with(place)), "{place}{known:?}");
    }
    // Nobody can do it but for whoever is noted as forgotten.
    let owner = connect(&app.database.migrator_url).await;
    let role = format!("SET ROLE rochdale_owner; SET app.coop_id = '{}'", hall.coop);
    owner.batch_execute(&role).await.unwrap();
    let refused = [
        "UPDATE proposal_objection SET reason = 'erased'",
        "DELETE FROM proposal_objection",
        "DELETE FROM event WHERE kind = 41",
    ];
    for statement in refused {
        let error = owner.execute(statement, &[]).await.unwrap_err();
        assert_eq!(error.code().map(|code| code.code()), Some("23001"), "{statement}");
    }
    let email = leaver.person.email.clone();
    let erased = person_erase(&app.database.migrator_url, &email, ErasureMode::Apply).await;
    assert_eq!(erased.unwrap().coops[0].objections, 1);
    for statement in refused {
        let error = owner.execute(statement, &[]).await.unwrap_err();
        assert_eq!(
            error.code().map(|code| code.code()),
            Some("23001"),
            "{statement}, the other's"
        );
    }
    assert_eq!(traces(&client, &[OBJECTS_FOR]).await, Vec::<String>::new());
    let view = hall.view(&hall.steward, proposal).await;
    assert_eq!(
        (&view["state"], &view["end_reason"]),
        (&json!("rejected"), &json!("erased"))
    );
    let objections = view["course"]["objections"].as_array().unwrap();
    let reasons: Vec<&str> = objections.iter().map(|one| one["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["Too loud.", "erased"]);
    app.work().await;
    let own = tempfile::tempdir().unwrap();
    write(&app, &hall, &own.path().join("after")).await;
    assert_eq!(verified(&own.path().join("after")).await, 0);
    drop((client, owner));
    app.finish().await;
}

/// The leaver contests a result, which a steward sets aside, and replies to a notice; the two proposals.
async fn contest_and_reply(app: &TestApp, hall: &Hall, leaver: &Insider) -> [ProposalId; 2] {
    let act = json!({"action": "grant_role", "version": 1, "member": hall.members[0].member, "role": "treasurer", "reason": "decided"});
    let body = json!({"kind": "contestable", "title": "Let it be done", "actions": [{"act": act}]});
    let contested = hall.opened(&body).await;
    hall.all_cast(contested, &[YES, YES, YES]).await;
    let _ = hall.finish(app, contested).await;
    let contest = leaver.person.post(&hall.about(contested, "contests"));
    let _ = contest.json(&json!({"reason": CONTESTS_FOR})).send().await.expect(200);
    let upheld = json!({"member": leaver.member, "verdict": "upheld", "reason": ANSWERED});
    let verdict = hall.steward.person.post(&hall.about(contested, "contest-verdicts"));
    let aside = verdict.json(&upheld).send().await.expect(200);
    assert_eq!(
        (&aside["state"], &aside["end_reason"]),
        (&json!("rejected"), &json!(ANSWERED))
    );
    let act = json!({"action": "expel", "version": 1, "member": leaver.member, "reason": "The key is gone."});
    let body = json!({"kind": "expulsion", "title": "Must she go?", "actions": [{"act": act}]});
    let about_her = hall.draft(&hall.steward, &body).await;
    let _ = hall.step(&hall.steward, about_her, "discussion").await.expect(200);
    let reply = leaver.person.post(&hall.about(about_her, "reply"));
    let _ = reply.json(&json!({"reply": REPLIES})).send().await.expect(200);
    [contested, about_her]
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_forgotten_person_contested_and_what_they_replied_goes() {
    let app = TestApp::start().await;
    let mut hall = Hall::with_members(&app, 1).await;
    let mut leaver = hall.join(&app, NAME, Class::Worker, &[]).await;
    leaver.person = leaver.person.noted_in(&Journal::default());
    hall.members.push(leaver.clone());
    let [contested, about_her] = contest_and_reply(&app, &hall, &leaver).await;
    app.work().await;
    leave(&leaver, &hall.path(&format!("members/{}", leaver.member))).await;
    let client = connect(&app.database.superuser_url).await;
    // Of a reply the salted hash stays, in the event that shows that there was one.
    let texts = [CONTESTS_FOR, ANSWERED];
    let known = traces(&client, &[texts[0], texts[1], REPLIES]).await;
    for place in ["proposal_contest: ", "expulsion_notice: ", "proposal: ", "event: "] {
        assert!(known.iter().any(|trace| trace.starts_with(place)), "{place}{known:?}");
    }
    let owner = connect(&app.database.migrator_url).await;
    let role = format!("SET ROLE rochdale_owner; SET app.coop_id = '{}'", hall.coop);
    owner.batch_execute(&role).await.unwrap();
    for statement in [
        "UPDATE proposal_contest SET reason = 'erased', verdict_reason = 'erased'",
        "UPDATE expulsion_notice SET reply = 'erased'",
        "DELETE FROM event WHERE kind = 74",
        "DELETE FROM event WHERE kind = 75",
        "DELETE FROM event WHERE kind = 77",
    ] {
        let error = owner.execute(statement, &[]).await.unwrap_err();
        assert_eq!(error.code().map(|code| code.code()), Some("23001"), "{statement}");
    }
    let email = leaver.person.email.clone();
    let erased = person_erase(&app.database.migrator_url, &email, ErasureMode::Apply).await;
    assert_eq!(erased.unwrap().coops[0].contests, 2);
    // Answers that were kept for the requests of others are swept in time.
    let mut left = traces(&client, &texts).await;
    left.retain(|trace| !trace.starts_with("effect: "));
    assert_eq!(left, Vec::<String>::new());
    let mut left = traces(&client, &[REPLIES]).await;
    left.retain(|trace| !trace.starts_with("effect: "));
    assert!(left.iter().all(|trace| trace.starts_with("event: ")), "{left:?}");
    let view = hall.view(&hall.steward, contested).await;
    let contest = &view["course"]["contests"][0];
    assert_eq!(
        [
            &view["end_reason"],
            &contest["reason"],
            &contest["verdict_reason"],
            &contest["verdict"]
        ],
        [&json!("erased"), &json!("erased"), &json!("erased"), &json!("upheld")]
    );
    let view = hall.view(&hall.steward, about_her).await;
    assert_eq!(view["course"]["notices"][0]["reply"], "erased");
    app.work().await;
    let own = tempfile::tempdir().unwrap();
    write(&app, &hall, &own.path().join("after")).await;
    assert_eq!(verified(&own.path().join("after")).await, 0);
    drop((client, owner));
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

/// The reasons of all disputes about a snapshot, as a steward reads them.
async fn reasons_shown(hall: &Hall, snapshot: &str) -> BTreeSet<String> {
    let shown = hall
        .steward
        .person
        .get(&hall.path(&format!("contributions/{snapshot}")));
    let shown = shown.send().await.expect(200);
    let disputes = shown["disputes"].as_array().unwrap().iter();
    disputes.map(|one| one["reason"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_forgotten_person_disputed_figures_goes_and_that_they_did_stays() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let treasurer = hall.join(&app, "Treasurer", Class::Worker, &[Role::Treasurer]).await;
    let mut leaver = hall.join(&app, NAME, Class::Worker, &[]).await;
    leaver.person = leaver.person.noted_in(&Journal::default());
    let figures = json!({"metric": "hours", "starts_on": "2026-07-01", "ends_on": "2026-09-30", "source": "sheets", "challenge_days": 7,
        "table": table(&[(leaver.member, 5), (hall.members[0].member, 7)])});
    let bring = treasurer.person.post(&hall.path("contributions")).json(&figures);
    let snapshot = bring.send().await.expect(201)["id"].as_str().unwrap().to_owned();
    let at = hall.path(&format!("contributions/{snapshot}/disputes"));
    for (who, why) in [(&leaver, DISPUTES_FOR), (&hall.members[0], "More.")] {
        let dispute = who.person.post(&at).json(&json!({"reason": why}));
        let _ = dispute.send().await.expect(201);
    }
    let ruling = hall.steward.person.post(&format!("{at}/{}/ruling", leaver.member));
    let ruling = ruling.json(&json!({"is_upheld": false, "reason": RULED}));
    let _ = ruling.send().await.expect(201);
    app.work().await;
    leave(&leaver, &hall.path(&format!("members/{}", leaver.member))).await;
    let client = connect(&app.database.superuser_url).await;
    let texts = [DISPUTES_FOR, RULED];
    let known = traces(&client, &texts).await;
    for place in ["contribution_dispute: ", "contribution_ruling: ", "event: "] {
        assert!(known.iter().any(|trace| trace.starts_with(place)), "{place}{known:?}");
    }
    let owner = connect(&app.database.migrator_url).await;
    let role = format!("SET ROLE rochdale_owner; SET app.coop_id = '{}'", hall.coop);
    owner.batch_execute(&role).await.unwrap();
    let refused = [
        "UPDATE contribution_dispute SET reason = 'erased'",
        "UPDATE contribution_ruling SET reason = 'erased'",
        "DELETE FROM contribution_ruling",
        "DELETE FROM event WHERE kind IN (124, 125)",
    ];
    for statement in refused {
        let error = owner.execute(statement, &[]).await.unwrap_err();
        assert_eq!(error.code().map(|code| code.code()), Some("23001"), "{statement}");
    }
    let email = leaver.person.email.clone();
    let erased = person_erase(&app.database.migrator_url, &email, ErasureMode::Apply).await;
    assert_eq!(erased.unwrap().coops[0].disputes, 2);
    for statement in [
        refused[0],
        "UPDATE contribution_dispute SET claimed = 9",
        "DELETE FROM event WHERE kind IN (124, 125)",
    ] {
        let error = owner.execute(statement, &[]).await.unwrap_err();
        assert_eq!(
            error.code().map(|code| code.code()),
            Some("23001"),
            "{statement}, the other's"
        );
    }
    assert_eq!(traces(&client, &texts).await, Vec::<String>::new());
    let reasons = reasons_shown(&hall, &snapshot).await;
    assert_eq!(reasons, BTreeSet::from(["More.", "erased"].map(String::from)));
    app.work().await;
    let own = tempfile::tempdir().unwrap();
    write(&app, &hall, &own.path().join("after")).await;
    assert_eq!(verified(&own.path().join("after")).await, 0);
    drop((client, owner));
    app.finish().await;
}
