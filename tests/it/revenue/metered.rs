//! Aim: what members used of models is a contribution like any other, added up by the program and never twice, and members may dispute it.

use governance::membership::{Class, Role};
use serde_json::{Value, json};
use tests::app::TestApp;

use crate::access::world::{admitted, allowance, ask, finished, key, settle, shared};
use crate::decisions::world::Insider;

/// Lets a member use the model so often, on a day of the past.
async fn use_on(app: &TestApp, hall: &crate::decisions::world::Hall, day: &str, who: &Insider, times: u32) {
    let key = key(hall, who, json!({})).await;
    for _ in 0..times {
        let asked = ask(app, &key, (10, 10));
        let _ = admitted(app, hall, &asked).await;
        let settled = settle(app, hall, asked.hold, finished(10, 1)).await;
        assert_eq!(settled.unwrap().charged, 45);
    }
    let client = app.database.superuser().await;
    let moved = format!(
        "BEGIN; ALTER TABLE access_usage DISABLE TRIGGER access_usage_only_grows;
        UPDATE access_usage SET at = '{day}' WHERE at > now() - interval '1 hour';
        ALTER TABLE access_usage ENABLE ALWAYS TRIGGER access_usage_only_grows; COMMIT"
    );
    client.batch_execute(&moved).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_members_used_is_brought_in_by_the_meter_and_once() {
    let app = TestApp::start().await;
    let hall = shared(&app, 2, &[allowance(json!({"group": "everyone"}), "together", 100_000)]).await;
    let treasurer = hall.join(&app, "Treasurer", Class::Worker, &[Role::Treasurer]).await;
    let [ana, ben] = [&hall.members[0], &hall.members[1]];
    use_on(&app, &hall, "2026-10-01T00:00:00Z", ana, 2).await;
    use_on(&app, &hall, "2026-10-31T23:59:59.999Z", ben, 1).await;
    use_on(&app, &hall, "2026-11-01T00:00:00Z", ben, 3).await;
    let body = |from: &str, upto: &str, measure: &str| json!({"metric": "ai_use", "starts_on": from, "ends_on": upto, "challenge_days": 7, "metered": measure});
    let send = async |path: &str, body: &Value| treasurer.person.post(&hall.path(path)).json(body).send().await;
    for (measure, total) in [
        ("calls", "3"),
        ("tokens", "33"),
        ("input_tokens", "30"),
        ("output_tokens", "3"),
        ("charged", "135"),
    ] {
        let seen = send("contributions/preview", &body("2026-10-01", "2026-10-31", measure))
            .await
            .expect(200);
        assert_eq!(
            (&seen["line_count"], &seen["total"]),
            (&json!(2), &json!(total)),
            "{measure}"
        );
    }
    let october = body("2026-10-01", "2026-10-31", "tokens");
    let made = send("contributions", &october).await.expect(201);
    assert_eq!(
        (&made["source"], &made["state"]),
        (&json!("metered usage: tokens"), &json!("challengeable"))
    );
    let path = format!("contributions/{}", made["id"].as_str().unwrap());
    let own = ana.person.get(&hall.path(&path)).send().await.expect(200);
    assert_eq!(own["snapshot"]["own"], 22);
    let dispute = ben
        .person
        .post(&hall.path(&format!("{path}/disputes")))
        .json(&json!({"reason": "It was not me."}));
    let _ = dispute.send().await.expect(201);
    // A day that was counted is not counted again, but in the place of the snapshot that did.
    assert_eq!(
        send("contributions", &body("2026-10-31", "2026-11-01", "tokens"))
            .await
            .status,
        409
    );
    let mut again = october.clone();
    again["replaces"] = made["id"].clone();
    let _ = send("contributions", &again).await.expect(201);
    let mut cases = [october.clone(), october.clone(), october.clone(), october.clone()];
    cases[0]["source"] = json!("my own");
    cases[1]["table"] = json!("member,count\n");
    cases[2]["ends_on"] = json!("2999-01-01");
    (cases[3]["starts_on"], cases[3]["ends_on"]) = (json!("2025-01-01"), json!("2025-01-31"));
    for case in &cases {
        assert_eq!(send("contributions", case).await.status, 422, "{case}");
    }
    let forged = json!({"metric": "ai_use", "starts_on": "2026-09-01", "ends_on": "2026-09-30", "challenge_days": 7,
        "source": "Metered usage: tokens", "table": format!("member,count\n{},7\n", ana.member)});
    assert_eq!(
        send("contributions", &forged).await.status,
        422,
        "typed figures are not called metered"
    );
    at_once(&app, &hall, &body("2026-10-01", "2026-10-31", "calls")).await;
    app.finish().await;
}

/// Of two treasurers who bring in the same days at once, one does; and whoever writes rows without asking is held by the schema.
async fn at_once(app: &TestApp, hall: &crate::decisions::world::Hall, body: &Value) {
    let one = hall.join(app, "One", Class::Worker, &[Role::Treasurer]).await;
    let other = hall.join(app, "Other", Class::Worker, &[Role::Treasurer]).await;
    let path = hall.path("contributions");
    let [first, second] = [&one, &other].map(|who| who.person.post(&path).json(body).send());
    let (first, second) = tokio::join!(first, second);
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let again = "INSERT INTO contribution_snapshot (coop_id, id, metric, starts_on, ends_on, source, line_count, digest, submitted_by,
            submitted_at, challenge_until, recorded_by)
        SELECT coop_id, gen_random_uuid(), metric, ends_on, ends_on, source, line_count, digest, submitted_by, submitted_at,
            challenge_until, recorded_by FROM contribution_snapshot WHERE source = 'metered usage: calls'";
    let mut client = app.database.superuser().await;
    let refused = client.execute(again, &[]).await.unwrap_err();
    let rule = refused.as_db_error().and_then(|error| error.constraint());
    assert_eq!(rule, Some("metered_usage_is_counted_once"));
    let unguarded = client.transaction().await.unwrap();
    let sleep = "ALTER TABLE contribution_snapshot DISABLE TRIGGER metered_usage_is_counted_once";
    unguarded.batch_execute(sleep).await.unwrap();
    assert_eq!(unguarded.execute(again, &[]).await.unwrap(), 1, "nothing else holds it");
    unguarded.rollback().await.unwrap();
}
