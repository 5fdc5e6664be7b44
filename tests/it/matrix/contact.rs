//! The rows of what members say and what they are told.

use serde_json::json;
use server::services::links::unsubscription_token;

use super::{ACTIVE, Ask, MEMBERS, Operation, SIGNED_IN, STEWARDS, operation, with};

/// Those of this area.
pub fn operations() -> Vec<Operation> {
    let mut all = discussion();
    all.extend(reminders());
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
