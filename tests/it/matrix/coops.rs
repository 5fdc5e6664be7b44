//! The rows of co-ops and membership.

use governance::membership::Role;
use serde_json::json;
use tests::voter::{Voter, random_word};

use super::{Ask, MEMBERS, Operation, SIGNED_IN, STEWARDS, Who, operation, with};
use crate::coops::keys::domain;
use crate::coops::world::fresh_slug;

/// Those of this area.
pub fn operations() -> Vec<Operation> {
    let mut all = coops();
    all.extend(members());
    all.extend(stewardship());
    all.extend(ways_in());
    all.extend(keys());
    all
}

fn coops() -> Vec<Operation> {
    vec![
        operation!("POST /api/v1/coops", with(SIGNED_IN, 201), true, |_world, _who| {
            Ask::plain().body(json!({"slug": fresh_slug(), "name": "New", "display_name": "Founder"}))
        }),
        operation!("GET /api/v1/coops", SIGNED_IN, false, |_world, _who| Ask::plain()),
        operation!("GET /api/v1/directory/{slug}", [200; 8], false, |world, _who| {
            Ask::plain().id("slug", &world.coop.slug)
        }),
        operation!(
            "GET /api/v1/coops/{coop}/live",
            with(MEMBERS, 422),
            false,
            |_world, _who| {
                // What is followed is not said: a stream of events would not end.
                Ask::plain()
            }
        ),
        operation!("GET /api/v1/public/{slug}", [404; 8], false, |world, _who| {
            Ask::plain().id("slug", &world.coop.slug)
        }),
        operation!(
            "GET /api/v1/coops/{coop}/public-page",
            MEMBERS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "PUT /api/v1/coops/{coop}/public-page",
            STEWARDS,
            true,
            |_world, _who| Ask::plain()
                .based_on("\"0\"")
                .body(json!({"is_public": false, "about": "We weave.", "shown": ["keys"]}))
        ),
        operation!("GET /api/v1/coops/{coop}", MEMBERS, false, |_world, _who| Ask::plain()),
        operation!("GET /api/v1/coops/{coop}/bylaws", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "GET /api/v1/coops/{coop}/bylaws/{version}",
            MEMBERS,
            false,
            |_world, _who| Ask::plain().id("version", 1)
        ),
    ]
}

/// The halt switch; each row leaves a co-op that acts, or that no later row asks about.
pub fn halts() -> Vec<Operation> {
    vec![
        operation!("GET /api/v1/coops/{coop}/halts", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "POST /api/v1/coops/{coop}/halts",
            [401, 404, 403, 403, 403, 201, 201, 404],
            true,
            |world, _who| {
                world.halts(false).await;
                Ask::plain().body(json!({"reason": "something looks wrong", "days": 1}))
            }
        ),
        operation!(
            "DELETE /api/v1/coops/{coop}/halts/current",
            STEWARDS,
            true,
            |world, who| {
                world.halts(who == Who::Steward).await;
                Ask::plain().body(json!({"reason": "it was nothing"}))
            }
        ),
    ]
}

fn members() -> Vec<Operation> {
    vec![
        operation!("GET /api/v1/coops/{coop}/members", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "GET /api/v1/coops/{coop}/members/{member}",
            MEMBERS,
            false,
            |world, who| Ask::plain().id("member", world.insider(who).member)
        ),
        operation!(
            "PATCH /api/v1/coops/{coop}/members/{member}",
            [401, 404, 200, 403, 200, 200, 200, 404],
            true,
            |world, who| {
                let own = world.insider(who);
                let version = world.version(own).await;
                Ask::plain()
                    .id("member", own.member)
                    .based_on(version)
                    .body(json!({"display_name": fresh_slug()}))
            }
        ),
    ]
}

fn stewardship() -> Vec<Operation> {
    vec![
        operation!(
            "POST /api/v1/coops/{coop}/members/{member}/status",
            STEWARDS,
            true,
            |world, _who| {
                let (target, version) = world.target(&[]).await;
                let body = json!({"status": "suspended", "reason": "as decided"});
                Ask::plain().id("member", target.member).based_on(version).body(body)
            }
        ),
        operation!(
            "PUT /api/v1/coops/{coop}/members/{member}/roles/{role}",
            STEWARDS,
            true,
            |world, _who| {
                let (target, _) = world.target(&[]).await;
                Ask::plain()
                    .id("member", target.member)
                    .id("role", "treasurer")
                    .body(json!({"reason": "elected"}))
            }
        ),
        operation!(
            "DELETE /api/v1/coops/{coop}/members/{member}/roles/{role}",
            STEWARDS,
            true,
            |world, _who| {
                let (target, _) = world.target(&[Role::Treasurer]).await;
                Ask::plain()
                    .id("member", target.member)
                    .id("role", "treasurer")
                    .body(json!({"reason": "term over"}))
            }
        ),
        operation!(
            "GET /api/v1/coops/{coop}/members/{member}/history",
            [401, 404, 403, 403, 403, 200, 200, 404],
            false,
            |world, _who| Ask::plain().id("member", world.coop.founder_member)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/member-imports",
            with(STEWARDS, 201),
            true,
            |world, _who| {
                let key = Voter::new(world.coop.founder_member).public_key();
                let key = json!({"kind": "ed25519", "public_key": key, "salt": random_word()});
                Ask::plain().body(json!({"members": [{"display_name": fresh_slug(), "class": "user", "key": key}]}))
            }
        ),
    ]
}

/// Whoever does not belong here may join and apply; the actor is a fresh one each time, to stay what it is.
const JOINING: [u16; 8] = [401, 201, 409, 409, 409, 409, 409, 201];

fn ways_in() -> Vec<Operation> {
    vec![
        operation!(
            "POST /api/v1/coops/{coop}/invitations",
            with(STEWARDS, 201),
            true,
            |_world, who| Ask::plain()
                .body(json!({"email": format!("guest-{who:?}@demo.example").to_lowercase(), "class": "user"}))
        ),
        operation!(
            "GET /api/v1/coops/{coop}/invitations",
            STEWARDS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "DELETE /api/v1/coops/{coop}/invitations/{invitation}",
            with(STEWARDS, 204),
            true,
            |world, _who| Ask::plain().id("invitation", world.invitation(&world.coop).await)
        ),
        operation!("POST /api/v1/coops/{coop}/memberships", JOINING, true, |world, who| {
            let invitation = world.invitation(&world.coop).await.parse().unwrap();
            let token = server::services::links::invitation_token(&world.app.app.secrets, world.coop.id, invitation);
            outsider(
                world,
                who,
                Ask::plain().body(json!({"token": token, "display_name": fresh_slug()})),
            )
            .await
        }),
        operation!("POST /api/v1/coops/{coop}/applications", JOINING, true, |world, who| {
            outsider(
                world,
                who,
                Ask::plain().body(json!({"display_name": fresh_slug(), "statement": "Please"})),
            )
            .await
        }),
        operation!(
            "GET /api/v1/coops/{coop}/applications",
            STEWARDS,
            false,
            |_world, _who| Ask::plain()
        ),
        operation!(
            "POST /api/v1/coops/{coop}/applications/{application}/decision",
            STEWARDS,
            true,
            |world, _who| Ask::plain()
                .id("application", world.application(&world.coop).await)
                .body(json!({"decision": "admitted", "class": "user"}))
        ),
    ]
}

/// An outsider who becomes a member stays one, so each request gets its own.
async fn outsider(world: &super::World, who: Who, ask: Ask) -> Ask {
    match who {
        Who::Stranger => ask.by(world.app.person("Stranger").await),
        Who::Elsewhere => ask.by(world
            .other
            .insider(&world.app, "Elsewhere", &[Role::Steward])
            .await
            .person),
        Who::Nobody | Who::Member | Who::Suspended | Who::Treasurer | Who::Auditor | Who::Steward => ask,
    }
}

fn keys() -> Vec<Operation> {
    vec![
        operation!("GET /api/v1/coops/{coop}/keys", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "POST /api/v1/coops/{coop}/keys",
            [401, 404, 201, 403, 201, 201, 201, 404],
            true,
            |world, who| Ask::plain().body(Voter::new(world.insider(who).member).registration(&domain(&world.coop)))
        ),
        operation!(
            "DELETE /api/v1/coops/{coop}/keys/{key}",
            with(MEMBERS, 204),
            true,
            |world, who| Ask::plain().id("key", world.key(&world.coop, world.insider(who)).await)
        ),
    ]
}
