//! Aim: an upstream is asked again, or another one, only where nothing of an answer has arrived, and none is asked that may not be.
//! Method: upstreams that refuse, fail, fall silent or lead elsewhere.

use std::time::Duration;

use governance::id::UpstreamId;
use serde_json::{Value, json};
use server::gateway::meter::HoldState;
use tests::meter::target;
use tests::upstream::{MockUpstream, Script, Step, hello, text};
use uuid::Uuid;

use super::World;

fn status(status: u16, head: &str) -> Script {
    Script {
        head: format!("content-type: application/json\r\n{head}"),
        ..Script::json(
            status,
            &json!({"error": {"message": "the prompt of canary is no good"}}),
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_refuses_is_asked_again_and_nothing_is_charged_for_refusals() {
    let world = World::start(vec![hello()]).await;
    let cases = [
        ("once away", vec![status(503, ""), hello()], 200, 2, HoldState::Finished),
        (
            "twice away",
            vec![status(500, ""), status(502, ""), hello()],
            200,
            3,
            HoldState::Finished,
        ),
        (
            "busy for a moment",
            vec![status(429, "retry-after-ms: 5\r\n"), hello()],
            200,
            2,
            HoldState::Finished,
        ),
        (
            "busy for long",
            vec![status(429, "retry-after: 100\r\n"), hello()],
            503,
            1,
            HoldState::NothingSent,
        ),
        ("rejected", vec![status(400, "")], 400, 1, HoldState::NothingSent),
        ("wrong key", vec![status(401, "")], 503, 1, HoldState::NothingSent),
        (
            "redirect",
            vec![status(302, "location: http://169.254.169.254/\r\n")],
            503,
            1,
            HoldState::NothingSent,
        ),
        (
            "a stream breaks",
            vec![Script::stream(vec![text("a"), Step::HangUp]), hello()],
            502,
            1,
            HoldState::UpstreamFailed,
        ),
        (
            "no stream",
            vec![Script::json(200, &json!({}))],
            502,
            1,
            HoldState::UpstreamFailed,
        ),
    ];
    for (turn, (name, scripts, expected, attempts, state)) in cases.into_iter().enumerate() {
        // An upstream of its own, so that no breaker opens.
        let origin = world.mock.origin.clone();
        world.meter.change(|plan| plan.target = target(&origin));
        world.mock.script(scripts);
        let before = world.mock.got().len();
        let answer = world.chat(json!({})).await;
        assert_eq!(answer.status(), expected, "{name}");
        assert_eq!(world.mock.got().len() - before, attempts, "{name}");
        assert_eq!(
            world.settled(turn + 1).await.last().unwrap().outcome.state,
            state,
            "{name}"
        );
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_answers_where_the_model_does_not_and_nothing_of_ours_goes_outside() {
    let world = World::start(vec![status(404, "")]).await;
    let other = MockUpstream::start(vec![hello()]).await;
    // The settings allow one origin alone; the mock is both.
    drop(other);
    let origin = world.mock.origin.clone();
    let mut outside = target(&origin);
    outside.external = true;
    let ours = target(&origin);
    world.meter.change(|plan| plan.fallbacks = vec![outside, ours]);
    world.mock.script(vec![status(404, ""), hello()]);
    let answer = world.chat(json!({})).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["x-coop-fallback"]),
        (200, &"1".parse().unwrap())
    );
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(
        (&answer["coop"]["fallback"], &answer["model"]),
        (&json!(true), &json!("small"))
    );
    assert_eq!(world.mock.got().len(), 2);
    assert_eq!(world.settled(1).await[0].outcome.fallback, Some(1));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_keeps_failing_is_left_alone() {
    let world = World::start(vec![status(404, "")]).await;
    for _ in 0..8 {
        let answer = world.chat(json!({})).await;
        assert_eq!(answer.status(), 503);
        assert!(answer.headers().contains_key("retry-after-ms"));
    }
    assert_eq!(world.mock.got().len(), 5);
    world.settled(8).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_falls_silent_is_given_up() {
    let short = Duration::from_millis(50);
    let cases = [vec![Step::Stall], vec![text("a"), Step::Stall]];
    let world = World::start(vec![hello()]).await;
    for (turn, steps) in cases.into_iter().enumerate() {
        world.mock.script(vec![Script::stream(steps)]);
        world.meter.change(|plan| {
            (plan.target.first_byte_timeout, plan.target.idle_timeout) = (short, short);
        });
        let answer = world.chat(json!({})).await;
        assert_eq!(answer.status(), 504);
        assert_eq!(answer.headers()["x-should-retry"], "false");
        assert_eq!(
            world.settled(turn + 1).await[turn].outcome.state,
            HoldState::UpstreamFailed
        );
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_inside_is_not_asked_unless_the_operator_allows_exactly_that() {
    let world = World::start(vec![hello()]).await;
    let secret = MockUpstream::start(vec![hello()]).await;
    let port = secret.origin.rsplit_once(':').unwrap().1.to_owned();
    let addresses = [
        secret.origin.clone(),
        format!("http://localhost:{port}"),
        format!("https://127.0.0.1:{port}"),
        format!("https://[::ffff:127.0.0.1]:{port}"),
        format!("{}@127.0.0.1:{port}", world.mock.origin),
        String::from("https://169.254.169.254"),
    ];
    for (turn, address) in addresses.into_iter().enumerate() {
        world.meter.change(|plan| {
            plan.target.base_url = format!("{address}/v1");
            plan.target.upstream = UpstreamId::from_uuid(Uuid::now_v7());
        });
        let answer = world.chat(json!({})).await;
        assert_eq!(answer.status(), 503, "{address}");
        assert_eq!(world.settled(turn + 1).await[turn].charged, 0);
    }
    assert!(secret.got().is_empty() && world.mock.got().is_empty());
    world.finish().await;
}
