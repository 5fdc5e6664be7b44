//! Aim: each way in which a stream can go is settled once and costs what the rule says. Method: a table of streams and what is
//! expected of each under the four rules; 100 input tokens and 4 output tokens are held, and a token costs one unit.

use serde_json::{Value, json};
use server::gateway::meter::{HoldState, PartialChargeRule, UsageSource};
use tests::meter::seen;
use tests::upstream::{Script, Step, choice, done, event, stop, text, until, usage};

use super::World;

/// A row: the stream, what it is settled as, and what it costs by `full_hold`, `counted`, `input_only` and `nothing`.
struct Row {
    name: &'static str,
    steps: Vec<Step>,
    expected: (HoldState, Option<(u64, u64)>, UsageSource),
    charges: [u64; 4],
}

const RULES: [PartialChargeRule; 4] = [
    PartialChargeRule::FullHold,
    PartialChargeRule::Counted,
    PartialChargeRule::InputOnly,
    PartialChargeRule::Nothing,
];

fn told(input: impl Into<Value>, output: impl Into<Value>) -> Step {
    usage(json!({"prompt_tokens": input.into(), "completion_tokens": output.into()}))
}

fn running(input: u64, output: u64) -> Step {
    event(
        &json!({"choices": [{"index": 0, "delta": {"content": "x"}}], "usage": {"prompt_tokens": input, "completion_tokens": output}}),
    )
}

fn whole() -> Vec<Row> {
    use UsageSource::{Continuous, Counted, Final};
    let finished = |usage, source| (HoldState::Finished, Some(usage), source);
    let cut = |usage, source| (HoldState::CutAtBound, Some(usage), source);
    let row = |name, steps: Vec<Step>, expected, charge| Row {
        name,
        steps,
        expected,
        charges: [charge; 4],
    };
    let two = || vec![text("a"), text("b"), stop()];
    let with = |more: Vec<Step>| [two(), more].concat();
    vec![
        row("whole", with(vec![told(7, 2), done()]), finished((7, 2), Final), 9),
        row("without usage", with(vec![done()]), finished((100, 2), Counted), 102),
        row(
            "usage is zero",
            with(vec![told(0, 0), done()]),
            finished((0, 0), Final),
            0,
        ),
        row(
            "usage is negative",
            with(vec![told(-7, -2), done()]),
            finished((0, 0), Final),
            0,
        ),
        row(
            "usage is huge",
            with(vec![told(7, 1_u64 << 63), done()]),
            finished((7, 4), Final),
            11,
        ),
        row(
            "usage is above the hold",
            with(vec![told(7, 1_000), done()]),
            finished((7, 1_000), Final),
            104,
        ),
        row(
            "usage is a text",
            with(vec![told("7", "2"), done()]),
            finished((100, 4), Final),
            104,
        ),
        row("no last word", with(vec![told(7, 2)]), finished((7, 2), Final), 9),
        row("no last word and no usage", two(), finished((100, 2), Counted), 102),
        row(
            "in several lines",
            vec![
                Step::Send("\u{feff}: x\r\ndata: {\"choices\":\r\ndata: []}\r\n\r\n".into()),
                text("a"),
                stop(),
                done(),
            ],
            finished((100, 1), Counted),
            101,
        ),
        row(
            "limit ignored",
            vec![text("a"), text("b"), text("c"), text("d"), text("e"), Step::Stall],
            cut((100, 4), Counted),
            104,
        ),
        row(
            "limit ignored in one piece",
            vec![running(7, 3), running(7, 900), Step::Stall],
            cut((7, 900), Continuous),
            104,
        ),
    ]
}

fn broken() -> Vec<Row> {
    use UsageSource::{Bound, Continuous, Counted};
    let failed = |usage, source| (HoldState::UpstreamFailed, usage, source);
    let row = |name, steps: Vec<Step>, expected, charges| Row {
        name,
        steps,
        expected,
        charges,
    };
    let two = |last: Step| vec![text("a"), text("b"), last];
    let counted = failed(Some((100, 2)), Counted);
    let charges = [104, 102, 100, 0];
    let raw = |text: &str| Step::Send(text.to_owned());
    vec![
        row("ends early", vec![text("a"), text("b")], counted, charges),
        row("hangs up", two(Step::HangUp), counted, charges),
        row(
            "error event",
            two(event(&json!({"error": {"message": "x"}}))),
            counted,
            charges,
        ),
        row(
            "error by name",
            two(raw("event: error\ndata: {}\n\n")),
            counted,
            charges,
        ),
        row("no JSON", two(raw("data: {\n\n")), counted, charges),
        row(
            "split letters",
            two(Step::Send("data: \u{fffd}\n\n".into())),
            counted,
            charges,
        ),
        row(
            "another answer",
            two(choice(json!({"index": 1, "delta": {}}))),
            counted,
            charges,
        ),
        row(
            "usage on the way",
            vec![running(7, 1), running(7, 2), Step::HangUp],
            failed(Some((7, 2)), Continuous),
            [104, 9, 7, 0],
        ),
        // A model that did not begin costs nothing, by whichever rule.
        row("nothing but a head", vec![], failed(None, Bound), [0; 4]),
        row(
            "hangs up after the head",
            vec![Step::HangUp],
            failed(None, Bound),
            [0; 4],
        ),
    ]
}

async fn check(world: &World, row: &Row, count: &mut usize) {
    world.mock.script(vec![Script::stream(row.steps.clone())]);
    for (rule, charge) in RULES.into_iter().zip(row.charges) {
        for is_streamed in [true, false] {
            world.meter.change(|plan| plan.rule = rule);
            let answer = world.chat(json!({"stream": is_streamed})).await;
            let status = answer.status().as_u16();
            let _ = answer.text().await;
            *count += 1;
            let settled = *world.settled(*count).await.last().unwrap();
            let (state, usage, source) = row.expected;
            assert_eq!(
                seen(settled),
                (state, usage, source, charge),
                "{} by {rule:?}, stream {is_streamed}",
                row.name
            );
            if !is_streamed {
                let expected = if state == HoldState::UpstreamFailed { 502 } else { 200 };
                assert_eq!(status, expected, "{}", row.name);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_a_stream_can_go_costs_what_the_rule_says() {
    let world = World::start(vec![Script::stream(vec![])]).await;
    world.meter.change(|plan| plan.output_max = 4);
    let mut count = 0;
    for row in whole().iter().chain(&broken()) {
        check(&world, row, &mut count).await;
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_frees_the_upstream_and_pays_what_the_rule_says() {
    let world = World::start(vec![Script::stream(vec![text("a"), text("b"), Step::Stall])]).await;
    world.meter.change(|plan| plan.output_max = 4);
    for (turn, (rule, charge)) in RULES.into_iter().zip([104, 102, 100, 0]).enumerate() {
        world.meter.change(|plan| plan.rule = rule);
        let mut answer = world.chat(json!({"stream": true})).await;
        let mut text = String::new();
        while super::events(&text).len() < 2 {
            text.push_str(&String::from_utf8_lossy(&answer.chunk().await.unwrap().unwrap()));
        }
        drop(answer);
        let settled = *world.settled(turn + 1).await.last().unwrap();
        let expected = (HoldState::ClientGone, Some((100, 2)), UsageSource::Counted, charge);
        assert_eq!(seen(settled), expected, "{rule:?}");
        until("the upstream is free", || world.mock.hung_up() == turn + 1).await;
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_for_a_whole_answer_and_leaves_is_noticed_too() {
    let world = World::start(vec![Script::stream(vec![text("a"), Step::Stall])]).await;
    let asking = tokio::spawn(world.post("/chat/completions").json(&super::question(json!({}))).send());
    until("it was asked", || {
        world.meter.open() == 1 && !world.mock.got().is_empty()
    })
    .await;
    asking.abort();
    let settled = world.settled(1).await;
    assert_eq!(settled[0].outcome.state, HoldState::ClientGone);
    until("the upstream is free", || world.mock.hung_up() == 1).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn books_that_cannot_be_written_are_tried_again() {
    let world = World::start(vec![tests::upstream::hello()]).await;
    world.meter.change(|plan| plan.faults = 2);
    assert_eq!(world.chat(json!({})).await.status(), 200);
    world.settled(1).await;
    world.finish().await;
}
