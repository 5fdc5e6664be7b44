//! What members contributed: brought in whole, disputed, decided by others, corrected by another snapshot.

use std::collections::BTreeMap;

use governance::id::{ContributionId, CoopId, MemberId};
use governance::membership::{Class, Role};
use governance::record::{ContributionsV1, Record as _, namespace_without_chain};
use governance::revenue::{ContributionHead, contribution_digest};
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::person::Reply;

use super::world::{end_challenges, table};
use crate::decisions::world::{Hall, Insider};
use crate::money::guards::refused;

pub fn submission(table: &str) -> Value {
    json!({"metric": "hours", "starts_on": "2026-07-01", "ends_on": "2026-09-30", "source": "the time sheets", "challenge_days": 7,
        "table": table})
}

pub async fn post(hall: &Hall, who: &Insider, path: &str, body: &Value) -> Reply {
    who.person.post(&hall.path(path)).json(body).send().await
}

pub async fn read(hall: &Hall, who: &Insider, id: &str) -> Value {
    let request = who.person.get(&hall.path(&format!("contributions/{id}")));
    request.send().await.expect(200)
}

/// The record that a snapshot must have by what is shown of it.
pub fn record_of(coop: CoopId, made: &Value) -> ContributionsV1 {
    let text = |name: &str| made[name].as_str().unwrap();
    let day = |name: &str| i64::from(text(name).parse::<governance::ledger::Day>().unwrap().days());
    let until: chrono::DateTime<chrono::Utc> = text("challenge_until").parse().unwrap();
    ContributionsV1 {
        namespace: namespace_without_chain(coop),
        snapshot: ContributionId::from_uuid(text("id").parse().unwrap()).word(),
        member: MemberId::from_uuid(text("submitted_by").parse().unwrap()).word(),
        metric: text("metric").to_owned(),
        first_day: day("starts_on"),
        last_day: day("ends_on"),
        digest: text("digest").parse().unwrap(),
        challenge_until: until.timestamp().unsigned_abs(),
        salt: text("record_salt").parse().unwrap(),
    }
}

/// The story: a member finds the own line wrong, disputes it, a steward agrees, and a correction replaces the snapshot.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_sees_disputes_and_gets_the_own_figures_corrected() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let treasurer = hall.join(&app, "Treasurer", Class::Worker, &[Role::Treasurer]).await;
    let [ana, ben] = [&hall.members[0], &hall.members[1]];
    let body = submission(&table(&[(ana.member, 40), (ben.member, 7)]));
    let seen = post(&hall, &treasurer, "contributions/preview", &body)
        .await
        .expect(200);
    assert_eq!((&seen["line_count"], &seen["total"]), (&json!(2), &json!("47")));
    let made = post(&hall, &treasurer, "contributions", &body).await.expect(201);
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!((&made["state"], &made["own"]), (&json!("challengeable"), &Value::Null));
    // It is a record of the co-op before anybody can dispute it.
    assert_eq!(
        made["record_hash"],
        record_of(hall.coop, &made).struct_hash().to_string()
    );
    app.work().await;
    let path = hall.path(&format!("receipts/{}", made["record_hash"].as_str().unwrap()));
    let receipt = ben
        .person
        .get(&path)
        .header("prefer", "wait=5")
        .send()
        .await
        .expect(200);
    assert_eq!(receipt["state"], "published");
    let own = read(&hall, ana, &id).await;
    assert_eq!((&own["snapshot"]["own"], &own["disputes"]), (&json!(40), &json!([])));
    let disputes = format!("contributions/{id}/disputes");
    let claim = json!({"reason": "I worked in August too.", "claimed": 60});
    let disputed = post(&hall, ana, &disputes, &claim).await.expect(201);
    assert_eq!(disputed["disputes"][0]["counted"], 40);
    let again = post(&hall, ana, &disputes, &claim).await.expect(201);
    assert_eq!(again["snapshot"]["disputes_open"], 1, "disputing again changes nothing");
    assert_eq!(
        read(&hall, ben, &id).await["disputes"],
        json!([]),
        "others do not see it"
    );
    assert_eq!(read(&hall, &treasurer, &id).await["disputes"][0]["claimed"], 60);
    let ruling = format!("{disputes}/{}/ruling", ana.member);
    let upheld = json!({"is_upheld": true, "reason": "The sheet of August was missing."});
    assert_eq!(post(&hall, &treasurer, &ruling, &upheld).await.status, 403);
    let decided = post(&hall, &hall.steward, &ruling, &upheld).await.expect(201);
    assert_eq!(decided["snapshot"]["state"], "rejected");
    assert_eq!(post(&hall, &hall.steward, &ruling, &upheld).await.status, 409);
    let mut correction = submission(&table(&[(ana.member, 60), (ben.member, 7)]));
    correction["replaces"] = json!(id);
    let corrected = post(&hall, &treasurer, "contributions", &correction).await.expect(201);
    assert_eq!(post(&hall, &treasurer, "contributions", &correction).await.status, 409);
    let list = ana.person.get(&hall.path("contributions")).send().await.expect(200);
    let states: Vec<&Value> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["state"])
        .collect();
    assert_eq!(states, [&json!("replaced"), &json!("challengeable")]);
    end_challenges(&app).await;
    let later = corrected["id"].as_str().unwrap();
    assert_eq!(read(&hall, ana, later).await["snapshot"]["state"], "usable");
    let late = post(&hall, ben, &format!("contributions/{later}/disputes"), &claim).await;
    assert_eq!(late.status, 409, "the time is over");
    app.finish().await;
}

/// Nobody decides on figures that they brought in, or on their own.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_brought_figures_in_does_not_decide_on_them() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let both = hall
        .join(&app, "Both", Class::Worker, &[Role::Treasurer, Role::Steward])
        .await;
    let ana = &hall.members[0];
    let body = submission(&table(&[(ana.member, 40), (hall.steward.member, 1)]));
    let made = post(&hall, &both, "contributions", &body).await.expect(201);
    let disputes = format!("contributions/{}/disputes", made["id"].as_str().unwrap());
    for who in [ana, &hall.steward] {
        let _ = post(&hall, who, &disputes, &json!({"reason": "It is wrong."}))
            .await
            .expect(201);
    }
    let ruling = json!({"is_upheld": false, "reason": "It is right."});
    let of = |who: &Insider| format!("{disputes}/{}/ruling", who.member);
    assert_eq!(
        post(&hall, &both, &of(ana), &ruling).await.status,
        403,
        "who brought them in"
    );
    assert_eq!(
        post(&hall, &hall.steward, &of(&hall.steward), &ruling).await.status,
        403,
        "who disputes"
    );
    let _ = post(&hall, &hall.steward, &of(ana), &ruling).await.expect(201);
    let missing = post(&hall, &hall.steward, &of(&both), &ruling).await;
    assert_eq!(missing.status, 404, "a dispute that nobody raised");
    app.finish().await;
}

/// What is wrong with a table is refused with its row, and nothing of it is taken.
#[tokio::test(flavor = "multi_thread")]
async fn tables_are_refused_with_the_row_and_the_reason() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 1).await;
    let treasurer = hall.join(&app, "Treasurer", Class::Worker, &[Role::Treasurer]).await;
    let ana = hall.members[0].member;
    let stranger = governance::id::MemberId::from_uuid(uuid::Uuid::now_v7());
    let with = |field: &str, value: Value| {
        let mut body = submission(&table(&[(ana, 1)]));
        body[field] = value;
        body
    };
    let cases = [
        (submission("member,count\nana,1\n"), "row 2"),
        (submission(&table(&[(ana, 1), (ana, 2)])), "row 3"),
        (
            submission(&table(&[(ana, 1), (stranger, 2)])),
            "row 3: the co-op has no member",
        ),
        (with("metric", json!("Hours")), "metric"),
        (with("ends_on", json!("2026-06-30")), "ends_on"),
        (with("starts_on", json!("2026-02-30")), "starts_on"),
        (with("challenge_days", json!(0)), "challenge_days"),
        (with("challenge_days", json!(91)), "challenge_days"),
        (with("source", json!(" ")), "source"),
        (with("replaces", json!(stranger)), "replaces"),
    ];
    for (body, reason) in cases {
        let refused = post(&hall, &treasurer, "contributions", &body).await;
        assert_eq!(refused.status, 422, "{body}");
        let text = String::from_utf8_lossy(&refused.bytes).into_owned();
        assert!(text.contains(reason), "{reason}: {text}");
    }
    let list = treasurer
        .person
        .get(&hall.path("contributions"))
        .send()
        .await
        .expect(200);
    assert_eq!(list["items"], json!([]));
    app.finish().await;
}

/// The schema takes no snapshot that is not what it says, and no line, dispute or ruling that comes where it may not. Each guard is taken away
/// alone, and then the same is taken.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
async fn the_schema_keeps_snapshots_whole() {
    let app = TestApp::start().await;
    let hall = Hall::with_members(&app, 2).await;
    let treasurer = hall.join(&app, "Treasurer", Class::Worker, &[Role::Treasurer]).await;
    let body = submission(&table(&[(hall.members[0].member, 40)]));
    let made = post(&hall, &treasurer, "contributions", &body).await.expect(201);
    let id = made["id"].as_str().unwrap();
    let ben = hall.members[1].member;
    let copy = |change: &str| {
        format!(
            "WITH header AS (INSERT INTO contribution_snapshot SELECT (copied).* FROM (SELECT jsonb_populate_record(header,
                 jsonb_build_object('id', gen_random_uuid()) || '{change}') AS copied FROM contribution_snapshot AS header) AS each
                 RETURNING *)
             INSERT INTO contribution_line SELECT coop_id, id, 1, '{ben}', 3 FROM header"
        )
    };
    let dispute = format!(
        "INSERT INTO contribution_dispute SELECT coop_id, id, '{ben}', NULL, 'late', challenge_until + interval '1 second', 'test'
         FROM contribution_snapshot WHERE id = '{id}'"
    );
    let ruling = format!(
        "INSERT INTO contribution_dispute SELECT coop_id, id, '{ben}', NULL, 'so', submitted_at, 'test' FROM contribution_snapshot;
         INSERT INTO contribution_ruling SELECT coop_id, id, '{ben}', true, 'so', submitted_by, submitted_at, 'test'
         FROM contribution_snapshot"
    );
    let asleep = |table: &str, name: &str| format!("ALTER TABLE {table} DISABLE TRIGGER {name};");
    let lines = asleep("contribution_line", "contribution_line_is_whole");
    let digest = asleep("contribution_snapshot", "contribution_snapshot_is_what_its_lines_are");
    let emptied = "DO $$ DECLARE one record; BEGIN
            FOR one IN SELECT tgrelid::regclass AS place, tgname AS name FROM pg_trigger WHERE tgname IN
                ('contribution_dispute_is_never_emptied', 'contribution_ruling_is_never_emptied')
            LOOP EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', one.place, one.name); END LOOP;
        END $$;";
    // What is tried, the guard that refuses it, what else must be away for it to be taken, and what takes that guard away.
    let cases = [
        (
            format!("INSERT INTO contribution_line SELECT coop_id, id, 2, '{ben}', 3 FROM contribution_snapshot"),
            "contribution_is_sealed",
            "",
            lines.clone(),
        ),
        (
            copy("{}"),
            "contribution_has_the_digest_of_its_lines",
            "",
            digest.clone(),
        ),
        (copy("{\"line_count\": 2}"), "contribution_is_sealed", &*digest, lines),
        (
            copy("{\"challenge_until\": \"2020-01-01T00:00:00Z\"}"),
            "contribution_can_be_challenged_for_a_day",
            &*digest,
            String::from("ALTER TABLE contribution_snapshot DROP CONSTRAINT contribution_can_be_challenged_for_a_day;"),
        ),
        (
            dispute,
            "contribution_dispute_comes_in_time",
            "",
            asleep("contribution_dispute", "contribution_dispute_comes_in_time"),
        ),
        (
            ruling,
            "contribution_ruling_is_by_somebody_else",
            "",
            asleep("contribution_ruling", "contribution_ruling_is_by_somebody_else"),
        ),
        (
            String::from("UPDATE contribution_line SET count = 41"),
            "rows are never changed",
            "",
            asleep("contribution_line", "contribution_line_only_grows"),
        ),
        (
            String::from("TRUNCATE contribution_dispute CASCADE"),
            "rows are never changed",
            "",
            emptied.to_owned(),
        ),
    ];
    let client = app.database.superuser().await;
    for (statement, rule, before, without) in cases {
        let tried = format!("{before} {statement}; SET CONSTRAINTS ALL IMMEDIATE");
        let told = refused(&client, &tried).await.unwrap_or_default();
        assert!(told.contains(rule), "{statement}: {told}");
        assert_eq!(
            refused(&client, &format!("{without} {tried}")).await,
            None,
            "without {rule}"
        );
    }
    replaces_its_like(&client, (hall.coop, ben), id.parse().unwrap()).await;
    app.finish().await;
}

/// A snapshot that is whole, but of another metric than the one that it replaces.
async fn replaces_its_like(client: &tokio_postgres::Client, (coop, ben): (CoopId, MemberId), replaced: ContributionId) {
    let (id, metric) = (
        ContributionId::from_uuid(uuid::Uuid::now_v7()),
        "other".parse().unwrap(),
    );
    let head = ContributionHead {
        coop,
        id,
        metric: &metric,
        starts_on: "2026-07-01".parse().unwrap(),
        ends_on: "2026-07-31".parse().unwrap(),
        source: "sheets",
        replaces: Some(replaced),
    };
    let digest = contribution_digest(&head, &BTreeMap::from([(ben, 3)]));
    let statement = format!(
        "INSERT INTO contribution_snapshot SELECT (copied).* FROM (SELECT jsonb_populate_record(header, jsonb_build_object('id', '{id}',
             'metric', 'other', 'starts_on', '2026-07-01', 'ends_on', '2026-07-31', 'source', 'sheets', 'replaces', '{replaced}',
             'line_count', 1, 'digest', '\\x{}')) AS copied
             FROM contribution_snapshot AS header WHERE id = '{replaced}') AS each;
         INSERT INTO contribution_line SELECT coop_id, id, 1, '{ben}', 3 FROM contribution_snapshot WHERE id = '{id}';
         SET CONSTRAINTS ALL IMMEDIATE",
        digest.to_string().trim_start_matches("0x")
    );
    let rule = Some("contribution_replaces_its_like");
    assert_eq!(refused(client, &statement).await.as_deref(), rule, "{statement}");
    let without = format!(
        "ALTER TABLE contribution_snapshot DISABLE TRIGGER contribution_snapshot_is_what_its_lines_are; {statement}"
    );
    assert_eq!(refused(client, &without).await, None, "{statement}");
}
