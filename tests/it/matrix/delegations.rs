//! The rows of delegations and proxies.

use serde_json::json;
use tests::voter::random_word;

use super::{ACTIVE, Ask, MEMBERS, Operation, Who, World, operation, with};

/// Those of this area.
pub fn operations() -> Vec<Operation> {
    let mut all = given();
    all.extend(proxies());
    all
}

/// A proposal for which somebody of a kind has said that nobody votes for them.
async fn with_delegation(world: &World, who: Who) -> String {
    let proposal = world.discussed(&world.coop).await;
    let body = json!({"scope": {"reach": "proposal", "id": proposal}, "trustee": null, "valid_until": in_an_hour(),
        "revision": 1, "salt": random_word()});
    let path = world.coop.path("delegations");
    let _ = world.author(who).post(&path).json(&body).send().await.expect(201);
    proposal
}

/// An open proposal for which the founder trusts somebody of a kind, or the plain member where that kind may not vote.
async fn with_proxy(world: &World, who: Who) -> String {
    let proposal = world.opened(&world.coop).await;
    let trusted = match who {
        Who::Suspended => Who::Member,
        _ => who,
    };
    let body = json!({"scope": {"reach": "proposal", "id": proposal}, "trustee": world.insider(trusted).member,
        "valid_until": in_an_hour(), "revision": 1, "salt": random_word()});
    let path = world.coop.path("delegations");
    let _ = world.coop.founder.post(&path).json(&body).send().await.expect(201);
    proposal
}

fn in_an_hour() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now() + chrono::TimeDelta::hours(2)
}

fn given() -> Vec<Operation> {
    vec![
        operation!(
            "POST /api/v1/coops/{coop}/delegations",
            with(ACTIVE, 201),
            true,
            |world, _who| {
                let proposal = world.discussed(&world.coop).await;
                Ask::plain().body(json!({"scope": {"reach": "proposal", "id": proposal}, "trustee": null,
                    "valid_until": in_an_hour(), "revision": 1, "salt": random_word()}))
            }
        ),
        operation!(
            "GET /api/v1/coops/{coop}/delegations",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "GET /api/v1/coops/{coop}/delegations/received",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        // Whoever is suspended gave none here, and could take back what stood.
        operation!(
            "DELETE /api/v1/coops/{coop}/delegations/{scope}",
            [401, 404, 204, 404, 204, 204, 204, 404],
            true,
            |world, who| Ask::plain().id("scope", format!("proposal:{}", with_delegation(world, who).await))
        ),
        operation!(
            "GET /api/v1/coops/{coop}/members/{member}/delegate-report",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("member", world.coop.founder_member)
        ),
    ]
}

fn proxies() -> Vec<Operation> {
    vec![
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/proxy-ballots",
            with(ACTIVE, 201),
            true,
            |world, who| Ask::plain()
                .id("proposal", with_proxy(world, who).await)
                .body(json!({"votes": [{"options": [0], "points": [1], "members": [world.coop.founder_member]}]}))
        ),
        operation!(
            "GET /api/v1/coops/{coop}/proposals/{proposal}/proxy-ballots/mine",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("proposal", world.opened(&world.coop).await)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/proposals/{proposal}/proxies",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("proposal", world.opened(&world.coop).await)
        ),
    ]
}
