//! Decisions that pass several bodies: a committee, then the members.
//!
//! Aim: what a body carries goes on unchanged to the next, what it does not carry ends there, and only the members change the co-op.
//! Method: whole stories over HTTP; the bundle of each stage is audited, alone and as following from the one before.

use audit::{Level, Options, Standing};
use governance::body::{Body, EarlierStage};
use governance::bylaws::Bylaws;
use governance::id::ProposalId;
use governance::membership::{Class, Role};
use governance::rule::DecisionRule;
use governance::secrecy::Tier;
use serde_json::{Value, json};
use tests::app::TestApp;

use super::world::{Hall, Insider, motion, quick_bylaws};

/// The quick bylaws in which motions must be carried by the auditors, who decide by consent, before the members.
fn staged_bylaws(timelock_seconds: u64) -> Bylaws {
    let mut bylaws: Bylaws = serde_json::from_value(quick_bylaws()).unwrap();
    let kind = bylaws.kinds.get_mut("motion").unwrap();
    kind.timelock_seconds = timelock_seconds;
    kind.stages = vec![EarlierStage {
        who: Body::Office { role: Role::Auditor },
        rule: DecisionRule::preset("consent").unwrap(),
    }];
    bylaws
}

fn amend(replaces: u64, bylaws: &Bylaws) -> Value {
    let act = json!({"action": "amend_bylaws", "version": 1, "replaces": replaces, "bylaws": bylaws});
    json!({"kind": "motion", "title": "Other bylaws", "body": "As discussed.", "actions": [{"act": act}]})
}

/// A co-op of a steward and a member with two auditors, in which motions pass two stages.
async fn staged_hall(app: &TestApp, timelock_seconds: u64) -> (Hall, [Insider; 2]) {
    let hall = Hall::with_members(app, 1).await;
    let first = hall.opened(&amend(1, &staged_bylaws(timelock_seconds))).await;
    hall.all_cast(first, &[&[0], &[0]]).await;
    let _ = hall.finish(app, first).await;
    assert_eq!(hall.view(&hall.steward, first).await["state"], "executed");
    let one = hall.join(app, "Auditor 1", Class::Worker, &[Role::Auditor]).await;
    let two = hall.join(app, "Auditor 2", Class::User, &[Role::Auditor]).await;
    (hall, [one, two])
}

fn id(value: &Value) -> ProposalId {
    value.as_str().unwrap().parse().unwrap()
}

/// The auditors' first stage, open.
async fn committee(hall: &Hall, body: &Value) -> ProposalId {
    let proposal = hall.draft(&hall.members[0], body).await;
    let _ = hall.step(&hall.members[0], proposal, "discussion").await.expect(200);
    let view = hall.open(proposal).await.expect(200);
    assert_eq!(view["stage"]["number"], 1);
    assert_eq!(view["stage"]["of"], 2);
    assert_eq!(view["stage"]["body"], json!({"body": "office", "role": "auditor"}));
    assert_eq!(view["method"], "consent");
    assert_eq!(view["roll"]["count"], 2);
    proposal
}

/// Both auditors consent; the stage of the members, in discussion.
async fn carried(app: &TestApp, hall: &Hall, auditors: &[Insider; 2], proposal: ProposalId) -> ProposalId {
    for auditor in auditors {
        let _ = hall.cast(auditor, proposal, 1, &[0]).await.expect(201);
    }
    let _ = hall.finish(app, proposal).await;
    let view = hall.view(&hall.steward, proposal).await;
    assert_eq!(view["state"], "passed", "{view}");
    id(&view["stage"]["next"])
}

/// The bytes of a bundle.
async fn bundle(hall: &Hall, proposal: ProposalId) -> Vec<u8> {
    let reply = hall.steward.person.get(&hall.about(proposal, "bundle")).send().await;
    assert_eq!(reply.status, 200);
    reply.bytes.to_vec()
}

fn audited(bytes: &[u8], options: &Options) -> audit::Report {
    audit::verify_reader(bytes, options).unwrap()
}

#[actix_web::test]
async fn a_bylaw_amendment_passes_its_stages_and_timelock_and_is_in_force() {
    let app = TestApp::start().await;
    let (hall, auditors) = staged_hall(&app, 5).await;
    let mut bylaws = staged_bylaws(5);
    bylaws.kinds.get_mut("motion").unwrap().stages.clear();
    let first = committee(&hall, &amend(2, &bylaws)).await;
    // Nobody but the body votes.
    assert_eq!(hall.cast(&hall.steward, first, 1, &[0]).await.status, 403);
    let second = carried(&app, &hall, &auditors, first).await;
    let view = hall.view(&hall.members[0], second).await;
    assert_eq!(
        (&view["state"], &view["method"]),
        (&json!("discussion"), &json!("yes_no"))
    );
    assert_eq!(view["stage"]["former"], json!(first));
    assert_eq!(view["stage"]["body"], json!({"body": "members"}));
    assert_eq!(
        (&view["title"], &view["body"]),
        (&json!("Other bylaws"), &json!("As discussed."))
    );
    let _ = hall.open(second).await.expect(200);
    for who in [&hall.steward, &hall.members[0], &auditors[0], &auditors[1]] {
        let _ = hall.cast(who, second, 1, &[0]).await.expect(201);
    }
    let _ = hall.finish(&app, second).await;
    assert_eq!(hall.view(&hall.steward, second).await["state"], "queued");
    let path = hall.path("bylaws");
    assert_eq!(hall.steward.person.get(&path).send().await.expect(200)["version"], 2);
    tokio::time::sleep(std::time::Duration::from_millis(5_500)).await;
    app.work().await;
    assert_eq!(hall.view(&hall.steward, second).await["state"], "executed");
    let in_force = hall.steward.person.get(&path).send().await.expect(200);
    assert_eq!(in_force["version"], 3);
    assert!(in_force["content"]["kinds"]["motion"].get("stages").is_none());

    // Each stage has a bundle of its own, and the second follows from the first.
    let (one, two) = (bundle(&hall, first).await, bundle(&hall, second).await);
    let require = Some(vec![Level::L0, Level::L1]);
    let options = Options {
        require: require.clone(),
        ..Options::default()
    };
    let before = audited(&one, &options);
    assert_eq!(
        (before.status, before.levels[&Level::L1]),
        (0, Standing::Holds),
        "{:?}",
        before.findings
    );
    let former = before.stage_result.clone();
    let after = audited(
        &two,
        &Options {
            require,
            former,
            ..Options::default()
        },
    );
    assert_eq!(
        (after.status, after.levels[&Level::L1]),
        (0, Standing::Holds),
        "{:?}",
        after.findings
    );
    let alone = audited(&two, &options);
    assert!(
        alone.not_proved.iter().any(|doubt| doubt.contains("--former")),
        "{:?}",
        alone.not_proved
    );
    app.finish().await;
}

#[actix_web::test]
async fn what_a_body_does_not_carry_ends_there_and_what_it_carried_is_not_changed() {
    let app = TestApp::start().await;
    let (hall, auditors) = staged_hall(&app, 0).await;
    let stopped = committee(&hall, &motion()).await;
    let _ = hall.cast(&auditors[0], stopped, 1, &[0]).await.expect(201);
    let _ = hall.cast(&auditors[1], stopped, 1, &[2]).await.expect(201);
    let _ = hall.finish(&app, stopped).await;
    let view = hall.view(&hall.steward, stopped).await;
    assert_eq!(
        (&view["state"], &view["stage"]["next"]),
        (&json!("rejected"), &Value::Null)
    );

    let first = committee(&hall, &motion()).await;
    let second = carried(&app, &hall, &auditors, first).await;
    let reply = hall.members[0].person.get(&hall.about(second, "")).send().await;
    let change = hall.members[0].person.patch(&hall.about(second, ""));
    let changed = change
        .if_match(&reply.etag().unwrap())
        .json(&json!({"title": "Shall we buy two looms?"}))
        .send()
        .await;
    assert_eq!(changed.expect(409)["type"], "/problems/proposal-frozen");
    // Nor does the database let anybody change it, or begin a stage that nothing leads to.
    let client = app.database.superuser().await;
    for (statement, refusal) in [
        (
            format!("UPDATE proposal SET title = 'Two looms' WHERE id = '{second}'"),
            "goes to the next unchanged",
        ),
        (
            format!(
                "INSERT INTO proposal_stage (coop_id, proposal_id, number, stages, body, former_id, recorded_by)
                 VALUES ('{}', '{stopped}', 2, 2, 'members', '{second}', 'nobody')",
                hall.coop
            ),
            "once that is carried",
        ),
    ] {
        let error = client.batch_execute(&statement).await.unwrap_err();
        let told = error.as_db_error().unwrap().message().to_owned();
        assert!(told.contains(refusal), "{told}");
    }
    // Its author may take it back.
    assert_eq!(
        hall.step(&hall.members[0], second, "withdrawal").await.expect(200)["state"],
        "withdrawn"
    );
    app.finish().await;
}

#[actix_web::test]
async fn a_stage_that_will_open_waits_for_its_body_alone() {
    let app = TestApp::start().await;
    let (hall, auditors) = staged_hall(&app, 0).await;
    let proposal = hall.draft(&hall.members[0], &motion()).await;
    let _ = hall.step(&hall.members[0], proposal, "discussion").await.expect(200);
    let at = |seconds| chrono::Utc::now() + chrono::TimeDelta::seconds(seconds);
    let set = hall.steward.person.post(&hall.about(proposal, "opening"));
    let set = set
        .json(&json!({"opens_at": at(600), "closes_at": at(3_600)}))
        .send()
        .await;
    let _ = set.expect(200);
    let coming = async |who: &Insider| {
        let page = who.person.get("inbox?scheduled=true").send().await.expect(200);
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(
        (
            coming(&auditors[0]).await,
            coming(&auditors[1]).await,
            coming(&hall.members[0]).await
        ),
        (1, 1, 0)
    );
    let _ = hall.step(&hall.members[0], proposal, "withdrawal").await.expect(200);
    app.work().await;
    app.finish().await;
}

#[actix_web::test]
async fn stages_that_could_expel_or_keep_no_secret_are_no_bylaws() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 0).await;
    type Change = fn(&mut governance::bylaws::KindBylaws);
    let cases: [(Change, &str); 3] = [
        (
            |kind| (kind.reply_seconds, kind.contest_seconds) = (60, 60),
            "a kind of decision that may expel has no stages",
        ),
        (
            |kind| {
                kind.privacy.tiers = vec![Tier::Sealed];
                kind.stages[0].rule = DecisionRule::simple_majority();
                (kind.stages[0].rule.ballots_final, kind.stages[0].rule.early) = (true, true);
            },
            "the privacy of stage 1",
        ),
        (
            |kind| kind.alternatives = DecisionRule::preset("schulze"),
            "a kind with stages puts no alternatives to one vote",
        ),
    ];
    for (change, told) in cases {
        let mut bylaws = staged_bylaws(0);
        change(bylaws.kinds.get_mut("motion").unwrap());
        let refused = hall
            .steward
            .person
            .post(&hall.path("proposals"))
            .json(&amend(1, &bylaws))
            .send()
            .await;
        let problem = refused.problem("action-refused");
        assert!(problem["detail"].as_str().unwrap().contains(told), "{problem}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn the_database_takes_no_stage_out_of_its_order() {
    let app = TestApp::start().await;
    let (hall, auditors) = staged_hall(&app, 0).await;
    let first = committee(&hall, &motion()).await;
    let second = carried(&app, &hall, &auditors, first).await;
    let draft = hall
        .draft(&hall.steward, &json!({"kind": "slow", "title": "Another"}))
        .await;
    let coop = hall.coop;
    let stage = |number: u8, stages: u8, former: &str| {
        format!(
            "INSERT INTO proposal_stage (coop_id, proposal_id, number, stages, body, former_id, recorded_by)
             VALUES ('{coop}', '{draft}', {number}, {stages}, 'members', {former}, 'nobody')"
        )
    };
    let after = |proposal| format!("'{proposal}'");
    let client = app.database.superuser().await;
    for (statement, refusal) in [
        // Nothing follows a stage that is not carried yet, or twice, or as another number of others.
        (stage(3, 3, &after(second)), "once that is carried"),
        (stage(2, 2, &after(first)), "proposal_stage_is_followed_once"),
        (stage(2, 3, &after(first)), "once that is carried"),
        (stage(2, 2, "NULL"), "proposal_stage_follows_unless_it_is_the_first"),
        (stage(3, 2, &after(first)), "once that is carried"),
        (stage(1, 5, "NULL"), "proposal_stage_is_one_of_a_few"),
        (
            format!("UPDATE proposal_stage SET number = 1, former_id = NULL WHERE proposal_id = '{second}'"),
            "never changed or removed",
        ),
    ] {
        let error = client.batch_execute(&statement).await.unwrap_err();
        let told = error.as_db_error().unwrap().message().to_owned();
        assert!(told.contains(refusal), "{statement}: {told}");
    }
    app.finish().await;
}
