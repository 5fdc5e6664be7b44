//! What is asked of the table.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use tests::app::TestApp;
use tests::person::{Reply, is_success};

use super::{Ask, MISSING, Operation, UNTOLD, Who, World, operations};

/// Segments that hold an identifier of something that belongs to a co-op.
const OWNED: [&str; 8] = [
    "member",
    "invitation",
    "application",
    "key",
    "proposal",
    "comment",
    "webhook",
    "coop",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_table_names_every_operation_that_the_api_describes() {
    let app = TestApp::start().await;
    let description = app.anonymous().get("/api/openapi.json").send().await.expect(200);
    let mut described = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in methods
            .as_object()
            .unwrap()
            .keys()
            .filter(|name| name.to_uppercase().parse::<Method>().is_ok())
        {
            if ["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                described.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    let listed: BTreeSet<String> = operations().iter().map(|operation| operation.id.to_owned()).collect();
    assert_eq!(
        listed.len(),
        operations().len(),
        "an operation stands in the table twice"
    );
    let missing: Vec<&String> = described.difference(&listed).collect();
    assert_eq!(
        missing, MISSING,
        "write a row for each new operation; take what has one off the list"
    );
    let gone: Vec<&String> = listed.difference(&described).collect();
    assert!(gone.is_empty(), "the API has no {gone:?}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_every_kind_of_actor_as_the_table_says_and_a_refusal_changes_nothing() {
    let world = World::new().await;
    let mut faults = Vec::new();
    for operation in operations() {
        for (who, expected) in Who::ALL.into_iter().zip(operation.expected) {
            let ask = (operation.prepare)(&world, who).await;
            let before = world.changes().await;
            let told = Told::so_far(&world).await;
            let reply = world.send(&operation, who, &ask).await;
            let changed = world.changes().await != before;
            let fault = |what: &str| format!("{} as {who:?}: {what}: {}", operation.id, brief(&reply));
            if reply.status != expected {
                faults.push(fault(&format!("{} where {expected} was expected", reply.status)));
            }
            if changed != (is_success(expected) && operation.changes) {
                faults.push(fault(if changed {
                    "something changed"
                } else {
                    "nothing changed"
                }));
            }
            if let Some(what) = told.untold(&world, &operation, (who, &ask), is_success(expected)).await {
                faults.push(fault(&what));
            }
            if expected >= 400 && !looks_like_a_problem(&reply) {
                faults.push(fault("no problem document"));
            }
            if let Some(leak) = leak(&world, &operation, who, &reply) {
                faults.push(fault(&format!("T7, it holds {leak}")));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    world.finish().await;
}

/// What the record told before a request.
struct Told {
    events: i64,
    ballots: i64,
}

impl Told {
    async fn so_far(world: &World) -> Self {
        Self {
            events: world.event_count().await,
            ballots: world.logged_ballot_count().await,
        }
    }

    /// Invariant 24, at each request: whatever changed a co-op told so, of that co-op and of that actor, and nothing else told
    /// anything. A ballot is its own record.
    async fn untold(
        &self,
        world: &World,
        operation: &Operation,
        (who, ask): (Who, &Ask),
        is_success: bool,
    ) -> Option<String> {
        let now = Self::so_far(world).await;
        let (events, ballots) = (now.events - self.events, now.ballots - self.ballots);
        let is_act = is_success
            && operation.changes
            && operation.id.contains("/api/v1/coops")
            && !UNTOLD.contains(&operation.id);
        let is_ballot = operation.id.ends_with("ballots");
        if (events > 0, ballots > 0) != (is_act && !is_ballot, is_act && is_ballot) {
            return Some(format!("{events} events and {ballots} ballots were told"));
        }
        // Who founds, joins or applies is no member yet.
        let is_known = operation.id.contains("{coop}") && ask.by.is_none();
        let newest = world.newest_events(events).await;
        let by = (world.coop.id, Some(world.insider(who).member));
        (is_known && newest.iter().any(|event| *event != by)).then(|| format!("{newest:?} was told, not {by:?}"))
    }
}

/// T1, the second half: whoever is no member is answered about this co-op as about one that does not exist.
#[tokio::test(flavor = "multi_thread")]
async fn to_outsiders_a_co_op_looks_like_none() {
    let world = World::new().await;
    for operation in operations().iter().filter(|operation| operation.id.contains("{coop}")) {
        for who in [Who::Stranger, Who::Elsewhere] {
            let ask = (operation.prepare)(&world, who).await;
            let there = world.send(operation, who, &ask).await;
            if is_success(there.status) {
                continue;
            }
            let nowhere = world.send(operation, who, &ask.id("coop", uuid::Uuid::now_v7())).await;
            assert_eq!(faceless(&there), faceless(&nowhere), "{} as {who:?}", operation.id);
        }
    }
    world.finish().await;
}

/// T2 and T8: an identifier of another co-op, in the address, is answered like one that nothing has; so is every other spelling of
/// one's own. The steward asks, who may do nearly everything here, or the
/// treasurer.
#[tokio::test(flavor = "multi_thread")]
async fn identifiers_of_other_co_ops_and_other_spellings_name_nothing() {
    let world = World::new().await;
    for operation in operations() {
        let who = match operation.welcome() {
            Who::Treasurer => Who::Treasurer,
            _ => Who::Steward,
        };
        for segment in OWNED
            .into_iter()
            .filter(|segment| operation.id.contains(&format!("{{{segment}}}")))
        {
            let ask = (operation.prepare)(&world, who).await;
            let own = ask
                .ids
                .get(segment)
                .cloned()
                .unwrap_or_else(|| world.coop.id.to_string());
            let before = world.changes().await;
            let nothing = world
                .send(&operation, who, &ask.clone().id(segment, uuid::Uuid::now_v7()))
                .await;
            let mut others = vec![
                own.to_uppercase(),
                own.replace('-', ""),
                format!("%7B{own}%7D"),
                format!("urn:uuid:{own}"),
                format!("{own}%00"),
                format!("{own}%20"),
                String::from("1"),
                String::from("null"),
            ];
            others.extend(world.foreign.get(segment).cloned());
            assert!(nothing.status >= 400, "{} {segment}", operation.id);
            for other in others.into_iter().filter(|other| *other != own) {
                let reply = world.send(&operation, who, &ask.clone().id(segment, &other)).await;
                assert_eq!(
                    reply.status,
                    404,
                    "{} with {segment} {other}: {}",
                    operation.id,
                    brief(&reply)
                );
                if nothing.status == 404 {
                    assert_eq!(
                        faceless(&reply),
                        faceless(&nothing),
                        "{} with {segment} {other}",
                        operation.id
                    );
                }
            }
            assert_eq!(
                world.changes().await,
                before,
                "{} with a foreign {segment} changed something",
                operation.id
            );
        }
    }
    world.finish().await;
}

/// T6: a field that the API does not know is refused, not ignored, so nobody can be made steward by adding `"role"`.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_with_an_unknown_field_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let mut bodies = 0;
    for operation in operations() {
        // Whoever may do it: others are refused before anyone looks at the body.
        let who = operation.welcome();
        for (field, value) in [
            ("role", Value::from("steward")),
            ("roles", serde_json::json!(["steward"])),
            ("coop_id", Value::from(world.other.id.to_string())),
            ("member_id", Value::from(world.foreign["member"].clone())),
            ("weight", Value::from(1000)),
            ("recorded_by", Value::from("me")),
        ] {
            let mut ask = (operation.prepare)(&world, who).await;
            let Some(body) = &mut ask.body else { continue };
            bodies += 1;
            body[field] = value;
            let before = world.changes().await;
            let reply = world.send(&operation, who, &ask).await;
            assert_eq!(reply.status, 422, "{} with {field}: {}", operation.id, brief(&reply));
            reply.problem("invalid-body");
            assert_eq!(
                world.changes().await,
                before,
                "{} with {field} changed something",
                operation.id
            );
        }
    }
    assert!(bodies > 0);
    world.finish().await;
}

/// T7: words that no answer may hold, whoever asks.
fn leak(world: &World, operation: &Operation, who: Who, reply: &Reply) -> Option<String> {
    let text = String::from_utf8_lossy(&reply.bytes);
    let names = [
        "token_hash",
        "password_hash",
        "argon2id",
        "account_id",
        "lot_secret",
        "proof_signature",
        "refresh_token",
    ];
    let named = names.into_iter().find(|name| text.contains(*name)).map(str::to_owned);
    // Where it is about addresses, a steward reads the address that was invited.
    let addresses = world.addresses(who);
    let address = addresses
        .into_iter()
        .find(|address| text.contains(address))
        .map(str::to_owned);
    // One's own keys alone are shown with their salts.
    let salts = operation.id.contains("/members") && text.contains("\"salt\"");
    named.or(address).or_else(|| salts.then(|| String::from("a salt")))
}

fn looks_like_a_problem(reply: &Reply) -> bool {
    let body = reply.json();
    reply.header("content-type") == Some("application/problem+json")
        && body["status"] == reply.status
        && body["detail"].as_str().is_some_and(|detail| detail.len() > 20)
}

/// An answer without what differs for each request.
fn faceless(reply: &Reply) -> (u16, Value, Vec<(String, String)>) {
    let mut body = reply.json();
    body["instance"] = Value::Null;
    // Whether the connection stays depends on how much of the body had arrived when the answer was clear.
    let own = ["date", "x-request-id", "content-length", "connection"];
    let headers = reply.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    headers.sort();
    (reply.status, body, headers)
}

fn brief(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.bytes).chars().take(300).collect()
}
