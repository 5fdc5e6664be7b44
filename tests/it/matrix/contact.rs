//! The rows of what members say and what they are told.

use serde_json::json;
use server::services::links::unsubscription_token;

use super::{ACTIVE, Ask, MEMBERS, Operation, SIGNED_IN, STEWARDS, operation, with};

/// Those of this area.
pub fn operations() -> Vec<Operation> {
    let mut all = discussion();
    all.extend(reminders());
    all.extend(tables());
    all.extend(webhooks());
    all.push(operation!("GET /api/v1/inbox", SIGNED_IN, false, |_world, _who| {
        Ask::plain()
    }));
    all
}

fn reminders() -> Vec<Operation> {
    vec![
        operation!("GET /api/v1/coops/{coop}/reminders", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        // Whoever may read may say no, suspended or not.
        operation!("PUT /api/v1/coops/{coop}/reminders", MEMBERS, true, |_world, _who| {
            Ask::plain().body(json!({"wish": "off"}))
        }),
        operation!("GET /api/v1/coops/{coop}/feeds", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!("PUT /api/v1/coops/{coop}/feeds", MEMBERS, true, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "DELETE /api/v1/coops/{coop}/feeds",
            with(MEMBERS, 204),
            true,
            |world, who| {
                let own = &world.insider(who).person;
                let _ = own.put(&world.coop.path("feeds")).send().await.expect(200);
                Ask::plain()
            }
        ),
        operation!(
            "GET /api/v1/feeds/{token}/calendar.ics",
            [200; 8],
            false,
            |world, _who| Ask::plain().id("token", world.feed().await)
        ),
        operation!("GET /api/v1/feeds/{token}/atom.xml", [200; 8], false, |world, _who| {
            Ask::plain().id("token", world.feed().await)
        }),
        // Whoever holds the link of a mail ends the reminders of the one it went to.
        operation!("POST /unsubscribe/{token}", [200; 8], true, |world, _who| {
            let (target, _) = world.target(&[]).await;
            Ask::plain().id(
                "token",
                unsubscription_token(&world.app.app.secrets, world.coop.id, target.member),
            )
        }),
    ]
}

fn tables() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/exports/{file}",
            MEMBERS,
            false,
            |_world, _who| Ask::plain().id("file", "proposals.json")
        ),
        operation!(
            "GET /api/v1/coops/{coop}/proposals/{proposal}/exports/{file}",
            MEMBERS,
            false,
            |world, _who| Ask::plain()
                .id("proposal", world.opened(&world.coop).await)
                .id("file", "roll.json")
        ),
    ]
}

/// Stewards and auditors look into what leaves the co-op.
const OVERSEERS: [u16; 8] = [401, 404, 403, 403, 403, 200, 200, 404];

fn webhooks() -> Vec<Operation> {
    vec![
        operation!("GET /api/v1/coops/{coop}/webhooks", OVERSEERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "POST /api/v1/coops/{coop}/webhooks",
            with(STEWARDS, 201),
            true,
            |world, _who| {
                world.end_webhooks(&world.coop).await;
                Ask::plain().body(json!({"url": "https://example.org/hook", "events": ["proposal.opened"]}))
            }
        ),
        operation!(
            "PUT /api/v1/coops/{coop}/webhooks/{webhook}/secret",
            STEWARDS,
            true,
            |world, _who| Ask::plain().id("webhook", world.webhook(&world.coop).await)
        ),
        operation!(
            "DELETE /api/v1/coops/{coop}/webhooks/{webhook}",
            with(STEWARDS, 204),
            true,
            |world, _who| Ask::plain().id("webhook", world.webhook(&world.coop).await)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/webhooks/{webhook}/deliveries",
            OVERSEERS,
            false,
            |world, _who| Ask::plain().id("webhook", world.webhook(&world.coop).await)
        ),
    ]
}

fn discussion() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/proposals/{proposal}/comments",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("proposal", world.commented(&world.coop).await.0)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/comments",
            with(ACTIVE, 201),
            true,
            |world, _who| Ask::plain()
                .id("proposal", world.discussed(&world.coop).await)
                .body(json!({"body": "It is too loud."}))
        ),
        // Only its author edits a comment, so each actor is asked about one of its own.
        operation!(
            "PATCH /api/v1/coops/{coop}/proposals/{proposal}/comments/{comment}",
            ACTIVE,
            true,
            |world, who| {
                let proposal = world.discussed(&world.coop).await;
                let comment = world.comment(&world.coop, &proposal, world.author(who)).await;
                Ask::plain()
                    .id("proposal", proposal)
                    .id("comment", comment)
                    .based_on("\"1\"")
                    .body(json!({"body": "It is too loud at night."}))
            }
        ),
        operation!(
            "GET /api/v1/coops/{coop}/proposals/{proposal}/comments/{comment}/versions",
            MEMBERS,
            false,
            |world, _who| {
                let (proposal, comment) = world.commented(&world.coop).await;
                Ask::plain().id("proposal", proposal).id("comment", comment)
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/comments/{comment}/removal",
            STEWARDS,
            true,
            |world, _who| {
                let (proposal, comment) = world.commented(&world.coop).await;
                Ask::plain()
                    .id("proposal", proposal)
                    .id("comment", comment)
                    .body(json!({"reason": "It names somebody."}))
            }
        ),
    ]
}
