//! Members entered by their public keys.

use std::time::Instant;

use ed25519_dalek::SigningKey;
use governance::hash::{Hash32, to_hex};
use governance::id::MemberId;
use governance::record::{KeyRegistrationV1, Record as _};
use serde_json::{Value, json};
use tests::app::TestApp;
use tests::voter::random_word;

use super::keys::domain;
use super::world::{found, id};

fn member(place: usize) -> Value {
    let key = SigningKey::from_bytes(random_word().as_bytes()).verifying_key();
    json!({
        "display_name": format!("Voter {place}"), "class": "user",
        "key": {"kind": "ed25519", "public_key": to_hex(key.as_bytes()), "salt": random_word()},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_members_are_active_and_each_key_has_its_record_in_order() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let members: Vec<Value> = (0..25).map(member).collect();
    let body = json!({"members": members});
    let post = || {
        coop.founder
            .post(&coop.path("member-imports"))
            .key("import")
            .json(&body)
            .send()
    };
    let first = post().await;
    let made = first.expect(201);
    assert_eq!(post().await.bytes, first.bytes);
    let client = app.database.superuser().await;
    for (place, (asked, made)) in members.iter().zip(made["members"].as_array().unwrap()).enumerate() {
        let sequence = made["registered_sequence"].as_i64().unwrap();
        assert_eq!(sequence, i64::try_from(place).unwrap() + 2);
        let member: MemberId = id(&made["id"]);
        let record = KeyRegistrationV1 {
            namespace: domain(&coop).namespace,
            member: member.word(),
            kind: 4,
            public_key: asked["key"]["public_key"].as_str().unwrap().parse::<Hash32>().unwrap(),
            salt: asked["key"]["salt"].as_str().unwrap().parse().unwrap(),
        };
        let row = client
            .query_one("SELECT record_hash FROM record WHERE sequence = $1", &[&sequence])
            .await
            .unwrap();
        assert_eq!(row.get::<_, &[u8]>(0), record.struct_hash().as_bytes());
        let key = "SELECT registered_sequence, proof_kind, member_id FROM voting_key WHERE id = $1";
        let row = client.query_one(key, &[&id::<uuid::Uuid>(&made["key"])]).await.unwrap();
        assert_eq!((row.get::<_, i64>(0), row.get::<_, &str>(1)), (sequence, "import"));
        assert_eq!(row.get::<_, uuid::Uuid>(2), member.uuid());
    }
    let view = coop.founder.get(&format!("coops/{}", coop.id)).send().await.expect(200);
    assert_eq!(view["counts"]["voting"], 26);
    let path = coop.path(&format!(
        "members/{}/history",
        made["members"][3]["id"].as_str().unwrap()
    ));
    let history = coop.founder.get(&path).send().await.expect(200);
    let kinds: Vec<&Value> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["kind"])
        .collect();
    assert_eq!(kinds, ["imported", "key_registered"]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_enters_all_or_none() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let path = coop.path("member-imports");
    let _ = coop
        .founder
        .post(&path)
        .json(&json!({"members": [member(0)]}))
        .send()
        .await
        .expect(201);
    let used = member(1);
    let _ = coop
        .founder
        .post(&path)
        .json(&json!({"members": [used]}))
        .send()
        .await
        .expect(201);
    let mut used_again = used.clone();
    used_again["display_name"] = json!("Somebody");
    let changed = |pointer: &str, value: Value| {
        let mut member = member(9);
        *member.pointer_mut(pointer).unwrap() = value;
        member
    };
    let twice = member(3);
    let cases = [
        (vec![], 422, "invalid-field"),
        ((0..1_001).map(member).collect(), 422, "invalid-field"),
        (vec![member(2), used_again], 409, "key-in-use"),
        (vec![member(2), member(0)], 409, "name-alike"),
        (vec![twice.clone(), twice], 422, "invalid-field"),
        (
            vec![member(2), changed("/display_name", json!(""))],
            422,
            "invalid-field",
        ),
        (
            vec![member(2), changed("/key/public_key", json!("0x00"))],
            422,
            "key-refused",
        ),
        (vec![member(2), changed("/class", json!("king"))], 422, "invalid-body"),
        (
            vec![member(2), changed("/key/salt", json!("0x00"))],
            422,
            "invalid-body",
        ),
    ];
    for (members, status, problem) in cases {
        let refused = coop.founder.post(&path).json(&json!({"members": members})).send().await;
        assert_eq!(refused.status, status, "{}", String::from_utf8_lossy(&refused.bytes));
        refused.problem(problem);
    }
    let client = app.database.superuser().await;
    for (table, expected) in [("member", 3_i64), ("voting_key", 2), ("record", 3)] {
        let count: i64 = client
            .query_one(&format!("SELECT count(*) FROM {table}"), &[])
            .await
            .unwrap()
            .get(0);
        assert_eq!(count, expected, "{table}");
    }
    app.finish().await;
}

/// Ten requests of a thousand each; the bound is loose, since the machine may be busy. The time is printed.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_members_are_entered_within_seconds() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let bodies: Vec<Value> = (0..10)
        .map(|body| json!({"members": (0..1_000).map(|place| member(body * 1_000 + place)).collect::<Vec<_>>()}))
        .collect();
    let started = Instant::now();
    for body in &bodies {
        let _ = coop
            .founder
            .post(&coop.path("member-imports"))
            .json(body)
            .send()
            .await
            .expect(201);
    }
    let elapsed = started.elapsed();
    println!("10000 members in {} ms", elapsed.as_millis());
    assert!(elapsed.as_secs() < 60);
    app.finish().await;
}
