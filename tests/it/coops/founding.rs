//! Founding a co-op, finding it, seeing it.

use governance::hash::from_hex;
use governance::record::{namespace_on_chain, namespace_without_chain};
use serde_json::{Value, json};
use server::config::Founding;
use tests::app::{ChainChoice, Options, TestApp};
use tests::memory_chain::MemoryWorld;

use super::world::{found, found_hidden, fresh_slug, id};

fn body(slug: &str) -> Value {
    json!({"slug": slug, "name": "The Pioneers", "display_name": "Ada"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_founder_becomes_the_first_member_and_steward() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let view = coop.founder.get(&format!("coops/{}", coop.id)).send().await.expect(200);
    assert_eq!(view, coop.view);
    assert_eq!(view["me"]["roles"], json!(["steward"]));
    assert_eq!(view["me"]["class"], "worker");
    assert_eq!(view["counts"], json!({"active": 1, "voting": 1, "suspended": 0}));
    assert_eq!(view["namespace"], json!(namespace_without_chain(coop.id)));
    assert_eq!(
        view["domain"],
        json!({"name": "Rochdale", "version": "1", "chain_id": null, "verifying_contract": null, "salt": view["namespace"]})
    );
    assert_eq!(view["server_key"], app.app.secrets.server_key().to_string());
    let mine = coop.founder.get("coops").send().await.expect(200);
    assert_eq!(mine["items"][0]["id"], view["id"]);
    let history = coop
        .founder
        .get(&coop.path(&format!("members/{}/history", coop.founder_member)))
        .send()
        .await;
    let kinds: Vec<Value> = history.expect(200)["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["kind"].clone())
        .collect();
    assert_eq!(kinds, ["joined", "role_granted"]);
    let bylaws = coop.founder.get(&coop.path("bylaws")).send().await.expect(200);
    assert_eq!(bylaws["version"], 1);
    assert!(
        bylaws["sentences"]["motion"].as_str().unwrap().contains("more than"),
        "{bylaws}"
    );
    assert_eq!(
        bylaws,
        coop.founder.get(&coop.path("bylaws/1")).send().await.expect(200)
    );
    for missing in ["bylaws/2", "bylaws/01", "bylaws/x", "bylaws/-1"] {
        coop.founder.get(&coop.path(missing)).send().await.problem("not-found");
    }
    // The record is exactly what anyone computes from the bylaws that are shown.
    let row = app.database.superuser().await;
    let row = row
        .query_one("SELECT record_hash, sequence, kind FROM record", &[])
        .await
        .unwrap();
    assert_eq!(
        governance::hash::to_hex(row.get(0)),
        bylaws["record_hash"].as_str().unwrap()
    );
    assert_eq!((row.get::<_, i64>(1), row.get::<_, &str>(2)), (1, "BylawsV1"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_founding_finds_its_own_effect() {
    let app = TestApp::start().await;
    let person = app.person("Ada").await;
    let slug = fresh_slug();
    let ask = |body: Value| person.post("coops").key("the same").json(&body).send();
    let first = ask(body(&slug)).await;
    let again = ask(body(&slug)).await;
    assert_eq!(first.expect(201), again.expect(201));
    assert_eq!(first.bytes, again.bytes);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    ask(body(&fresh_slug())).await.problem("idempotency-key-reused");
    let other = body(&fresh_slug());
    let race =
        futures_util::future::join_all((0..8).map(|_| person.post("coops").key("at once").json(&other).send())).await;
    let founded: Vec<&Vec<u8>> = race
        .iter()
        .filter(|reply| reply.status == 201)
        .map(|reply| &reply.bytes)
        .collect();
    assert!(!founded.is_empty() && founded.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(race.iter().all(|reply| [201, 409].contains(&reply.status)));
    assert_eq!(
        person.get("coops").send().await.expect(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_name_is_taken_once_and_a_refused_founding_leaves_nothing() {
    let app = TestApp::start().await;
    let coop = found(&app).await;
    let person = app.person("Bob").await;
    let refused = person.post("coops").json(&body(&coop.slug)).send().await;
    assert_eq!(refused.status, 409);
    refused.problem("slug-taken");
    assert_eq!(person.get("coops").send().await.expect(200)["items"], json!([]));
    let slug = fresh_slug();
    let race = futures_util::future::join_all((0..6).map(|_| person.post("coops").json(&body(&slug)).send())).await;
    assert_eq!(race.iter().filter(|reply| reply.status == 201).count(), 1);
    let client = app.database.superuser().await;
    let count: i64 = client.query_one("SELECT count(*) FROM coop", &[]).await.unwrap().get(0);
    assert_eq!(count, 2);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_acceptable_is_refused_by_field() {
    let app = TestApp::start().await;
    let person = app.person("Ada").await;
    let long = "a".repeat(121);
    let cases = [
        ("slug", json!("ab"), "invalid-field"),
        ("slug", json!("Upper"), "invalid-field"),
        ("slug", json!("a'; DROP TABLE coop"), "invalid-field"),
        ("name", json!("  "), "invalid-field"),
        ("name", json!(long), "invalid-field"),
        ("name", json!("two\nlines"), "invalid-field"),
        ("display_name", json!("turned\u{202E}"), "invalid-field"),
        ("class", json!("king"), "invalid-body"),
        ("name", json!(1), "invalid-body"),
        ("weight", json!(1000), "invalid-body"),
        (
            "bylaws",
            json!({"kinds": {}, "admission": "invitation"}),
            "bylaws-refused",
        ),
        ("bylaws", json!({"kinds": {}}), "invalid-body"),
    ];
    for (field, value, problem) in cases {
        let mut body = body(&fresh_slug());
        body[field] = value.clone();
        let refused = person.post("coops").json(&body).send().await;
        assert_eq!(refused.status, 422, "{field} {value}");
        let document = refused.problem(problem);
        if problem == "invalid-field" {
            assert_eq!(document["field"], field);
        }
    }
    assert_eq!(person.get("coops").send().await.expect(200)["items"], json!([]));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_operator_founds_nobody_else_does() {
    let app =
        TestApp::start_with(Options::default().configure(|config| config.server.founding = Founding::Operator)).await;
    let person = app.person("Ada").await;
    let refused = person.post("coops").json(&body(&fresh_slug())).send().await;
    assert_eq!(refused.status, 403);
    refused.problem("role-needed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_a_hundred_co_ops_founds_no_more() {
    let app = TestApp::start().await;
    let person = app.person("Ada").await;
    let client = app.database.superuser().await;
    let first = body(&fresh_slug());
    let founded = person.post("coops").key("first").json(&first).send().await;
    let others =
        "INSERT INTO account_coop (account_id, coop_id) SELECT $1, gen_random_uuid() FROM generate_series(1, 99)";
    client.execute(others, &[&person.account.uuid()]).await.unwrap();
    person
        .post("coops")
        .json(&body(&fresh_slug()))
        .send()
        .await
        .problem("role-needed");
    let again = person.post("coops").key("first").json(&first).send().await;
    assert_eq!(again.bytes, founded.bytes, "a repeated request still finds its co-op");
    client
        .execute(
            "DELETE FROM account_coop WHERE coop_id NOT IN (SELECT id FROM coop)",
            &[],
        )
        .await
        .unwrap();
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_co_op_looks_like_one_that_does_not_exist() {
    let app = TestApp::start().await;
    let (open, hidden) = (found(&app).await, found_hidden(&app).await);
    let stranger = app.person("Stranger").await;
    let anyone = app.anonymous();
    let entry = anyone.get(&format!("directory/{}", open.slug)).send().await.expect(200);
    assert_eq!(entry["id"], open.view["id"]);
    assert_eq!(entry["admission"], "application");
    let path = format!("directory/{}", hidden.slug);
    let nowhere = "directory/nothing-is-here";
    for (there, missing) in [
        (anyone.get(&path).send().await, anyone.get(nowhere).send().await),
        (stranger.get(&path).send().await, stranger.get(nowhere).send().await),
    ] {
        let (mut there, mut missing) = (there.problem("not-found"), missing.problem("not-found"));
        there["instance"] = Value::Null;
        missing["instance"] = Value::Null;
        assert_eq!(there, missing);
    }
    let seen = hidden.founder.get(&path).send().await.expect(200);
    assert_eq!(id::<governance::id::CoopId>(&seen["id"]), hidden.id);
    // To apply there looks the same as to apply nowhere.
    let application = json!({"display_name": "Stranger", "statement": "Let me in"});
    let there = stranger
        .post(&hidden.path("applications"))
        .json(&application)
        .send()
        .await;
    let missing = format!("coops/{}/applications", uuid::Uuid::now_v7());
    let missing = stranger.post(&missing).json(&application).send().await;
    let (mut there, mut missing) = (there.problem("not-found"), missing.problem("not-found"));
    there["instance"] = Value::Null;
    missing["instance"] = Value::Null;
    assert_eq!(there, missing);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_co_op_is_bound_to_the_chain_that_anchors_it() {
    let world = MemoryWorld::start().await;
    let contract = world.contract;
    let chain_id = world.chain_id;
    let app = TestApp::start_with(Options::default().chain(ChainChoice::Memory(world))).await;
    let coop = found(&app).await;
    let registrar: [u8; 20] = from_hex(coop.view["registrar"].as_str().unwrap())
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(registrar, app.app.chain.as_ref().unwrap().registrar());
    assert_eq!(coop.view["namespace"], json!(namespace_on_chain(registrar, coop.id)));
    assert_eq!(coop.view["domain"]["chain_id"], chain_id);
    assert_eq!(coop.view["domain"]["verifying_contract"], contract.to_string());
    let client = app.database.superuser().await;
    let row = client
        .query_one("SELECT is_anchored FROM coop_directory", &[])
        .await
        .unwrap();
    assert!(row.get::<_, bool>(0));
    app.finish().await;
}
