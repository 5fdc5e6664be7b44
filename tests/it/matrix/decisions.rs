//! The rows of proposals, ballots and results.

use serde_json::json;
use tests::voter::random_word;

use super::world::closing;
use super::{ACTIVE, Ask, MEMBERS, Operation, STEWARDS, operation, with};

/// Those of this area.
pub fn operations() -> Vec<Operation> {
    let mut all = proposals();
    all.extend(steps());
    all.extend(results());
    all
}

fn proposals() -> Vec<Operation> {
    vec![
        operation!(
            "POST /api/v1/coops/{coop}/proposals",
            with(ACTIVE, 201),
            true,
            |_world, _who| Ask::plain().body(json!({"kind": "motion", "title": "A question", "body": "For a test."}))
        ),
        operation!("GET /api/v1/coops/{coop}/proposals", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "GET /api/v1/coops/{coop}/proposals/{proposal}",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("proposal", world.discussed(&world.coop).await)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/proposals/{proposal}/preview",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("proposal", world.discussed(&world.coop).await)
        ),
        // A draft of the founder: a member who is no steward may not even know of it.
        operation!(
            "PATCH /api/v1/coops/{coop}/proposals/{proposal}",
            [401, 404, 404, 403, 404, 404, 200, 404],
            true,
            |world, _who| Ask::plain()
                .id("proposal", world.draft(&world.coop, &world.coop.founder).await)
                .based_on("\"1\"")
                .body(json!({"title": "Another question"}))
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn steps() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/proposals/{proposal}/consent-objections",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("proposal", world.opened(&world.coop).await)
        ),
        // A motion has no objections of this kind; who may do what about one is a story of its own.
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/consent-objections",
            with(ACTIVE, 404),
            false,
            |world, _who| Ask::plain()
                .id("proposal", world.opened(&world.coop).await)
                .body(json!({"ballot": random_word(), "step": "withdraw"}))
        ),
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/discussion",
            [401, 404, 404, 403, 404, 404, 200, 404],
            true,
            |world, _who| Ask::plain().id("proposal", world.draft(&world.coop, &world.coop.founder).await)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/proposals/{proposal}/versions",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("proposal", world.discussed(&world.coop).await)
        ),
        // Only the author takes over what an alternative says.
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/adoptions",
            ACTIVE,
            true,
            |world, who| {
                let [original, alternative] = world.alternatives(&world.coop, world.author(who)).await;
                Ask::plain()
                    .id("proposal", original)
                    .body(json!({"alternative": alternative, "version": 2, "reason": "it says it better"}))
            }
        ),
        // The founding bylaws give no rule for it; what they allow is a story of its own.
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/joint-vote",
            with(STEWARDS, 409),
            false,
            |world, _who| {
                let [original, _] = world.alternatives(&world.coop, &world.coop.founder).await;
                Ask::plain()
                    .id("proposal", original)
                    .body(json!({"reason": "so that members compare them"}))
            }
        ),
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/opening",
            STEWARDS,
            true,
            |world, _who| {
                Ask::plain()
                    .id("proposal", world.discussed(&world.coop).await)
                    .body(closing())
            }
        ),
        // Where none is set there is nothing to take back.
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/opening-cancellation",
            with(STEWARDS, 409),
            false,
            |world, _who| Ask::plain()
                .id("proposal", world.discussed(&world.coop).await)
                .body(json!({"reason": "not yet"}))
        ),
        // Its author and stewards may end voting whose time is over; here it is not.
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/closing",
            with(STEWARDS, 409),
            false,
            |world, _who| Ask::plain().id("proposal", world.opened(&world.coop).await)
        ),
        // Only the author takes a proposal back, so each actor is asked about one of its own.
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/withdrawal",
            ACTIVE,
            true,
            |world, who| Ask::plain()
                .id("proposal", world.draft(&world.coop, world.author(who)).await)
                .body(json!({"reason": "no longer needed"}))
        ),
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/cancellation",
            STEWARDS,
            true,
            |world, _who| Ask::plain()
                .id("proposal", world.discussed(&world.coop).await)
                .body(json!({"reason": "no longer needed"}))
        ),
        // What does not wait for sponsors, objections or a second attempt refuses them.
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/sponsors",
            with(ACTIVE, 409),
            false,
            |world, _who| Ask::plain().id("proposal", world.discussed(&world.coop).await)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/objections",
            with(ACTIVE, 409),
            false,
            |world, _who| Ask::plain()
                .id("proposal", world.discussed(&world.coop).await)
                .body(json!({"reason": "it goes too far"}))
        ),
        // Whom it would not expel has nothing to reply to.
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/reply",
            [401, 404, 404, 404, 404, 404, 404, 404],
            false,
            |world, _who| Ask::plain()
                .id("proposal", world.discussed(&world.coop).await)
                .body(json!({"reply": "I did not"}))
        ),
        // Without a result there is nothing to contest, and nothing to answer.
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/contests",
            with(MEMBERS, 409),
            false,
            |world, _who| Ask::plain()
                .id("proposal", world.discussed(&world.coop).await)
                .body(json!({"reason": "it was miscounted"}))
        ),
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/contest-verdicts",
            with(STEWARDS, 409),
            false,
            |world, _who| Ask::plain()
                .id("proposal", world.discussed(&world.coop).await)
                .body(json!({"member": uuid::Uuid::now_v7(), "verdict": "dismissed", "reason": "it was not"}))
        ),
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/execution",
            with(STEWARDS, 409),
            false,
            |world, _who| Ask::plain().id("proposal", world.discussed(&world.coop).await)
        ),
        operation!(
            "POST /api/v1/coops/{coop}/proposals/{proposal}/ballots",
            with(ACTIVE, 201),
            true,
            |world, _who| Ask::plain()
                .id("proposal", world.opened(&world.coop).await)
                .body(json!({"revision": 1, "options": [0], "points": [1], "salt": random_word()}))
        ),
    ]
}

fn results() -> Vec<Operation> {
    vec![
        operation!(
            "GET /api/v1/coops/{coop}/proposals/{proposal}/roll",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("proposal", world.opened(&world.coop).await)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/proposals/{proposal}/ballots/mine",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("proposal", world.opened(&world.coop).await)
        ),
        // Whoever cast nothing has no receipt, and nobody can ask for another's.
        operation!(
            "GET /api/v1/coops/{coop}/proposals/{proposal}/ballots/mine/receipt",
            [401, 404, 404, 404, 404, 404, 404, 404],
            false,
            |world, _who| Ask::plain().id("proposal", world.opened(&world.coop).await)
        ),
        // Before the count nobody sees any of it.
        operation!(
            "GET /api/v1/coops/{coop}/proposals/{proposal}/tally",
            with(MEMBERS, 409),
            false,
            |world, _who| Ask::plain().id("proposal", world.opened(&world.coop).await)
        ),
        operation!(
            "GET /api/v1/coops/{coop}/proposals/{proposal}/bundle",
            with(MEMBERS, 409),
            false,
            |world, _who| Ask::plain().id("proposal", world.opened(&world.coop).await)
        ),
        operation!("GET /api/v1/coops/{coop}/anchors", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!("GET /api/v1/coops/{coop}/records", MEMBERS, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "GET /api/v1/coops/{coop}/receipts/{record_hash}",
            MEMBERS,
            false,
            |world, _who| Ask::plain().id("record_hash", world.recorded().await)
        ),
    ]
}
