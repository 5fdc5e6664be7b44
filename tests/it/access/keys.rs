//! Keys of members: shown once, scoped, rotated with an overlap, of one co-op.

use serde_json::{Value, json};
use store::access::meter::Admitted;
use tests::app::TestApp;

use super::world::{admit, admitted, allowance, ask, key, shared};
use crate::decisions::world::Hall;

async fn hall(app: &TestApp) -> Hall {
    shared(app, 2, &[allowance(json!({"group": "everyone"}), "each", 100_000)]).await
}

/// The text is in the first answer alone: not in a repeated one, not in a list, not in the database, not in the log.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once() {
    let app = TestApp::start().await;
    let hall = hall(&app).await;
    let who = &hall.members[0].person;
    let body = json!({"name": "my editor", "expires_in_days": 30});
    let make = || who.post(&hall.path("access/keys")).key("one-key").json(&body);
    let made = make().send().await.expect(201);
    let secret = made["secret"].as_str().unwrap();
    let again = make().send().await.expect(201);
    assert_eq!((&again["secret"], &again["key"]), (&Value::Null, &made["key"]));
    let parts = governance::access::KeyParts::read(secret).unwrap();
    let words = secret.split('_').nth(2).unwrap();
    let list = who.get(&hall.path("access/keys")).send().await.expect(200);
    assert!(!list.to_string().contains(words));
    let client = app.database.superuser().await;
    for table in ["access_key", "effect", "event"] {
        let rows = client
            .query(&format!("SELECT to_jsonb(t)::text, t::text FROM {table} AS t"), &[])
            .await
            .unwrap();
        for row in rows {
            let text = format!("{}{}", row.get::<_, String>(0), row.get::<_, String>(1));
            assert!(
                !text.contains(words) && !text.contains(&hex::encode(parts.secret)),
                "{table}"
            );
        }
    }
    assert!(!app.log().contains(words));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_what_its_scopes_say_and_no_more() {
    let app = TestApp::start().await;
    let hall = hall(&app).await;
    let who = &hall.members[0];
    let scopes = json!({"models": ["other"], "endpoints": ["embeddings"], "networks": ["192.0.2.0/24"]});
    let elsewhere = key(&hall, who, json!({"models": scopes["models"]})).await;
    assert_eq!(
        admit(&app, &hall, &ask(&app, &elsewhere, (1, 1))).await,
        Admitted::ModelNotPermitted
    );
    let embeds = key(&hall, who, json!({"endpoints": scopes["endpoints"]})).await;
    assert_eq!(
        admit(&app, &hall, &ask(&app, &embeds, (1, 1))).await,
        Admitted::ModelNotPermitted
    );
    let mut asked = ask(&app, &embeds, (1, 1));
    asked.endpoint = "embeddings";
    assert!(matches!(admit(&app, &hall, &asked).await, Admitted::Admitted(_)));
    let bound = key(&hall, who, json!({"networks": scopes["networks"]})).await;
    for (client, good) in [
        (None, false),
        (Some("198.51.100.1"), false),
        (Some("192.0.2.7"), true),
        (Some("2001:db8::1"), false),
    ] {
        let mut asked = ask(&app, &bound, (1, 1));
        asked.client = client.map(str::to_owned);
        let found = admit(&app, &hall, &asked).await;
        assert_eq!(matches!(found, Admitted::Admitted(_)), good, "{client:?} {found:?}");
    }
    let small = key(&hall, who, json!({"call_units_max": 100})).await;
    assert_eq!(admitted(&app, &hall, &ask(&app, &small, (10, 50))).await.output_max, 4);
    let Admitted::AllowanceUsedUp(limit) = admit(&app, &hall, &ask(&app, &small, (40, 1))).await else {
        panic!("a call costs more than its key allows");
    };
    assert_eq!((limit.limit.as_str(), limit.cap), ("key", 100));
    let capped = key(&hall, who, json!({"cap": {"units": 50, "period": "day"}})).await;
    assert_eq!(admitted(&app, &hall, &ask(&app, &capped, (10, 1))).await.units, 45);
    let Admitted::AllowanceUsedUp(limit) = admit(&app, &hall, &ask(&app, &capped, (10, 1))).await else {
        panic!("a key costs more than its member allowed it");
    };
    assert_eq!((limit.limit.as_str(), limit.proposal, limit.held), ("key", None, 45));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_key_works_beside_the_new_one_for_the_time_asked_for() {
    let app = TestApp::start().await;
    let hall = hall(&app).await;
    let who = &hall.members[0];
    let old = key(&hall, who, json!({"endpoints": ["chat_completions"]})).await;
    let id = ask(&app, &old, (1, 1)).key;
    let rotate = |overlap: u32| {
        let body = json!({"overlap_seconds": overlap, "expires_in_days": 30});
        who.person
            .post(&hall.path(&format!("access/keys/{id}/rotation")))
            .json(&body)
    };
    assert_eq!(rotate(604_801).send().await.status, 422);
    let made = rotate(3_600).send().await.expect(201);
    assert_eq!(
        (&made["key"]["replaces"], &made["key"]["endpoints"]),
        (&json!(id), &json!(["chat_completions"]))
    );
    let new = made["secret"].as_str().unwrap();
    for text in [old.as_str(), new] {
        assert!(matches!(
            admit(&app, &hall, &ask(&app, text, (1, 1))).await,
            Admitted::Admitted(_)
        ));
    }
    let _ = rotate(0).send().await.expect(201);
    assert_eq!(admit(&app, &hall, &ask(&app, &old, (1, 1))).await, Admitted::BadKey);
    assert_eq!(rotate(0).send().await.status, 404);
    assert!(matches!(
        admit(&app, &hall, &ask(&app, new, (1, 1))).await,
        Admitted::Admitted(_)
    ));
    app.finish().await;
}

/// A key of another co-op, of a member who is suspended, of another secret, and of another member's.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_worth_nothing_elsewhere_or_with_another_secret_or_once_its_member_is_suspended() {
    let app = TestApp::start().await;
    let (here, there) = (hall(&app).await, hall(&app).await);
    let who = &here.members[0];
    let text = key(&here, who, json!({})).await;
    assert_eq!(admit(&app, &there, &ask(&app, &text, (1, 1))).await, Admitted::BadKey);
    let mut wrong = ask(&app, &text, (1, 1));
    wrong.macs[0][0] ^= 1;
    assert_eq!(admit(&app, &here, &wrong).await, Admitted::BadKey);
    let path = here.path(&format!("access/members/{}/keys/{}", who.member, wrong.key));
    assert_eq!(here.members[1].person.delete(&path).send().await.status, 404);
    let body = json!({"status": "suspended", "reason": "It is a test."});
    let status = here.path(&format!("members/{}/status", who.member));
    let version = here
        .steward
        .person
        .get(&here.path(&format!("members/{}", who.member)))
        .send()
        .await;
    let version = version.etag().expect("a version");
    let suspended = here.steward.person.post(&status).if_match(&version).json(&body);
    let _ = suspended.send().await.expect(200);
    assert_eq!(admit(&app, &here, &ask(&app, &text, (1, 1))).await, Admitted::BadKey);
    assert_eq!(here.steward.person.delete(&path).send().await.status, 204);
    for bad in [
        json!({"models": []}),
        json!({"networks": ["192.0.2.1/24"]}),
        json!({"endpoints": ["images"]}),
        json!({"cap": {"units": 0, "period": "day"}}),
        json!({"cap": {"units": 1, "period": "year"}}),
        json!({"expires_in_days": 367}),
        json!({"expires_in_days": 0}),
        json!({"name": ""}),
    ] {
        let mut body = json!({"name": "x", "expires_in_days": 30});
        body.as_object_mut().unwrap().extend(bad.as_object().unwrap().clone());
        let reply = here.members[1]
            .person
            .post(&here.path("access/keys"))
            .json(&body)
            .send()
            .await;
        assert_eq!(reply.status, 422, "{bad}");
    }
    app.finish().await;
}
