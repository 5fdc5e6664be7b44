//! Aim: each way in which a stream can go is settled once in the books and costs what the rule says, whether its client streams or not.
//! Method: a table of streams and what is expected of each under the four rules, which are voted one after the other at one server with
//! the real books; 100 tokens of input and 4 of output are held, and a token costs one unit.

use std::time::Duration;

use serde_json::{Value, json};
use tests::upstream::{Script, Step, choice, done, event, stop, text, until, usage};

use super::calls::Shop;
use super::world::{allowance, carry, invariants, key, model, policy, tool_at};

/// A row: the stream, what it is settled as, and what it costs by `full_hold`, `counted`, `input_only` and `nothing`.
struct Row {
    name: &'static str,
    steps: Vec<Step>,
    expected: Expected,
    charges: [i64; 4],
    excess: i64,
}

/// How it ended, the tokens of input and output, and how they are known.
type Expected = (&'static str, Option<(i64, i64)>, &'static str);

const RULES: [&str; 4] = ["full_hold", "counted", "input_only", "nothing"];
/// The most bytes that a token is taken to have.
const TOKEN_BYTES_MAX: usize = 256;

fn told(input: impl Into<Value>, output: impl Into<Value>) -> Step {
    usage(json!({"prompt_tokens": input.into(), "completion_tokens": output.into()}))
}

fn running(input: u64, output: u64) -> Step {
    event(
        &json!({"choices": [{"index": 0, "delta": {"content": "x"}}], "usage": {"prompt_tokens": input, "completion_tokens": output}}),
    )
}

fn raw(bytes: &[u8]) -> Step {
    Step::Send(bytes.to_vec())
}

/// A chunk whose text is these bytes, whatever they are.
fn chunk_of(bytes: &[u8]) -> Vec<u8> {
    let (head, tail) = (br#"data: {"choices":[{"index":0,"delta":{"content":""#, b"\"}}]}\n\n");
    [head.as_slice(), bytes, tail].concat()
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn whole() -> Vec<Row> {
    let finished = |usage, source| ("finished", Some(usage), source);
    let cut = |usage, source| ("cut_at_bound", Some(usage), source);
    let row = |name, steps: Vec<Step>, expected, charge| Row {
        name,
        steps,
        expected,
        charges: [charge; 4],
        excess: 0,
    };
    let with = |more: Vec<Step>| [vec![text("a"), text("b"), stop()], more].concat();
    let letter = chunk_of("\u{e9}".as_bytes());
    let (half, rest) = letter.split_at(letter.iter().position(|byte| *byte > 127).unwrap() + 1);
    let long = || text(&"x".repeat(2 * TOKEN_BYTES_MAX + 1));
    vec![
        row("whole", with(vec![told(7, 2), done()]), finished((7, 2), "final"), 9),
        row("without usage", with(vec![done()]), finished((100, 2), "counted"), 102),
        row(
            "usage is zero",
            with(vec![told(0, 0), done()]),
            finished((0, 0), "final"),
            0,
        ),
        row(
            "usage is negative",
            with(vec![told(-7, -2), done()]),
            finished((0, 0), "final"),
            0,
        ),
        row(
            "usage is huge",
            with(vec![told(7, 1_u64 << 63), done()]),
            finished((7, 4), "final"),
            11,
        ),
        row(
            "usage is a text",
            with(vec![told("7", "2"), done()]),
            finished((100, 4), "final"),
            104,
        ),
        row("no last word", with(vec![told(7, 2)]), finished((7, 2), "final"), 9),
        row(
            "no last word and no usage",
            with(vec![]),
            finished((100, 2), "counted"),
            102,
        ),
        row(
            "in several lines",
            vec![
                raw("\u{feff}: x\r\ndata: {\"choices\":\r\ndata: []}\r\n\r\n".as_bytes()),
                text("a"),
                stop(),
                done(),
            ],
            finished((100, 1), "counted"),
            101,
        ),
        row(
            "a letter in two pieces",
            vec![raw(half), raw(rest), stop(), done()],
            finished((100, 1), "counted"),
            101,
        ),
        row(
            "many tokens in a piece",
            vec![long(), stop(), done()],
            finished((100, 3), "counted"),
            103,
        ),
        row(
            "limit ignored",
            vec![text("a"), text("b"), text("c"), text("d"), text("e"), Step::Stall],
            cut((100, 4), "counted"),
            104,
        ),
        row(
            "limit ignored in long pieces",
            vec![text("a"), long(), long(), Step::Stall],
            cut((100, 4), "counted"),
            104,
        ),
    ]
}

/// What an upstream claims beyond the hold is paid by nobody.
fn beyond() -> Vec<Row> {
    let row = |name, steps, expected, excess| Row {
        name,
        steps,
        expected,
        charges: [104; 4],
        excess,
    };
    vec![
        row(
            "usage is above the hold",
            vec![text("a"), stop(), told(7, 1_000), done()],
            ("finished", Some((7, 1_000)), "final"),
            903,
        ),
        row(
            "limit ignored in one piece",
            vec![running(7, 3), running(7, 900), Step::Stall],
            ("cut_at_bound", Some((7, 900)), "continuous"),
            803,
        ),
    ]
}

fn broken() -> Vec<Row> {
    let row = |name, steps: Vec<Step>, expected, charges| Row {
        name,
        steps,
        expected,
        charges,
        excess: 0,
    };
    let counted = |name, last: Step| {
        row(
            name,
            vec![text("a"), text("b"), last],
            ("upstream_failed", Some((100, 2)), "counted"),
            [104, 102, 100, 0],
        )
    };
    let nothing = ("upstream_failed", None, "bound");
    vec![
        row(
            "ends early",
            vec![text("a"), text("b")],
            ("upstream_failed", Some((100, 2)), "counted"),
            [104, 102, 100, 0],
        ),
        counted("hangs up", Step::HangUp),
        counted("stalls", Step::Stall),
        counted("error event", event(&json!({"error": {"message": "x"}}))),
        counted("error by name", raw(b"event: error\ndata: {}\n\n")),
        counted("no JSON", raw(b"data: {\n\n")),
        counted("no UTF-8", raw(&chunk_of(b"\xff\xfe"))),
        counted("half a letter", raw(&chunk_of(b"\xc3"))),
        counted("a line without end", raw(&vec![b'x'; 4 * 1_024 * 1_024 + 1])),
        counted("another answer", choice(json!({"index": 1, "delta": {}}))),
        row(
            "usage on the way",
            vec![running(7, 1), running(7, 2), Step::HangUp],
            ("upstream_failed", Some((7, 2)), "continuous"),
            [104, 9, 7, 0],
        ),
        // A model that did not begin costs nothing, by whichever rule.
        row("nothing but a head", vec![], nothing, [0; 4]),
        row("hangs up after the head", vec![Step::HangUp], nothing, [0; 4]),
    ]
}

/// A co-op whose calls hold 100 tokens of input and 4 of output at one unit each, and a key of its.
async fn open() -> (Shop, String) {
    let shop = Shop::open(vec![Script::stream(vec![])], 1).await;
    let mut tool = tool_at(&shop.mock.origin);
    tool["terms"]["idle_seconds"] = json!(1);
    let mut act = model("small");
    act["terms"]["price"] = json!({"input": 1, "output": 1, "call": 0});
    let _ = carry(&shop.app, &shop.hall, &[tool, act, ruled(0)]).await;
    let key = key(&shop.hall, &shop.hall.members[0], json!({})).await;
    (shop, key)
}

/// The policy with this rule, in the place of the one before.
fn ruled(place: u64) -> Value {
    let mut act = policy(place, &[allowance(json!({"group": "everyone"}), "each", 1_000_000)]);
    let rule = usize::try_from(place).ok().and_then(|place| RULES.get(place));
    act["policy"]["partial_charge"] = json!(rule.unwrap());
    act
}

/// A question of 100 bytes with the role, for four tokens.
fn members(is_streamed: bool) -> Value {
    let content = "x".repeat(100 - "user".len());
    json!({"stream": is_streamed, "max_tokens": 4, "messages": [{"role": "user", "content": content}]})
}

/// What the books say of a call.
type Booked = (String, Option<(i64, i64)>, String, i64, i64);

/// The newest so many rows of the books, once there are `count` of them and nothing is open.
async fn booked(database: &tokio_postgres::Client, count: usize, newest: i64) -> Vec<Booked> {
    let rows = "SELECT ending, input_tokens, output_tokens, source, charged, excess FROM access_usage ORDER BY at DESC, hold_id DESC LIMIT $1";
    for _ in 0..1_000 {
        let holds = database
            .query_one(
                "SELECT count(*), count(*) FILTER (WHERE state = 'open') FROM access_hold",
                &[],
            )
            .await
            .unwrap();
        if (holds.get::<_, i64>(0), holds.get::<_, i64>(1)) == (i64::try_from(count).unwrap(), 0) {
            let rows = database.query(rows, &[&newest]).await.unwrap();
            let used = |row: &tokio_postgres::Row| row.get::<_, Option<i64>>(1).zip(row.get(2));
            return rows
                .iter()
                .map(|row| (row.get(0), used(row), row.get(3), row.get(4), row.get(5)))
                .collect();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{count} calls are not settled");
}

/// Runs a row under the rule in force, as a stream and whole at once.
async fn check(
    shop: &Shop,
    key: &str,
    row: &Row,
    (rule, count): (usize, &mut usize),
    database: &tokio_postgres::Client,
) {
    shop.mock.script(vec![Script::stream(row.steps.clone())]);
    let ask = async |is_streamed| {
        let answer = shop.chat_at(&shop.app.url, key, members(is_streamed)).await;
        let status = answer.status().as_u16();
        let _ = answer.text().await;
        status
    };
    let (_, status) = tokio::join!(ask(true), ask(false));
    *count += 2;
    let (ending, usage, source) = row.expected;
    let expected: Booked = (ending.into(), usage, source.into(), row.charges[rule], row.excess);
    for booked in booked(database, *count, 2).await {
        assert_eq!(booked, expected, "{} by {}", row.name, RULES[rule]);
    }
    match ending {
        "upstream_failed" => assert!(matches!(status, 502 | 504), "{} {status}", row.name),
        _ => assert_eq!(status, 200, "{}", row.name),
    }
}

/// Clients that leave after two pieces of a stream, and before anything came, streaming or not.
async fn leave(shop: &Shop, key: &str, (rule, count): (usize, &mut usize), database: &tokio_postgres::Client) {
    let gone = |usage, source: &str, charges: [i64; 4]| {
        let booked: Booked = ("client_gone".into(), usage, source.into(), charges[rule], 0);
        booked
    };
    shop.mock
        .script(vec![Script::stream(vec![text("a"), text("b"), Step::Stall])]);
    let (asked, freed) = (shop.mock.got().len(), shop.mock.hung_up());
    let mut answer = shop.chat_at(&shop.app.url, key, members(true)).await;
    let mut read = String::new();
    while crate::gateway::events(&read).len() < 2 {
        read.push_str(&String::from_utf8_lossy(&answer.chunk().await.unwrap().unwrap()));
    }
    drop(answer);
    *count += 1;
    let expected = gone(Some((100, 2)), "counted", [104, 102, 100, 0]);
    assert_eq!(booked(database, *count, 1).await, [expected], "{}", RULES[rule]);

    shop.mock.script(vec![Script::stream(vec![Step::Stall])]);
    let asking =
        [true, false].map(|is_streamed| tokio::spawn(shop.asking(&shop.app.url, key, members(is_streamed)).send()));
    until("both were asked", || shop.mock.got().len() == asked + 3).await;
    for asking in asking {
        asking.abort();
        let _ = asking.await;
    }
    *count += 2;
    for booked in booked(database, *count, 2).await {
        assert_eq!(booked, gone(None, "bound", [104, 100, 100, 0]), "{}", RULES[rule]);
    }
    until("the upstream is free", || shop.mock.hung_up() == freed + 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_a_stream_can_go_is_booked_once_and_costs_what_the_voted_rule_says() {
    let (shop, key) = open().await;
    let database = shop.app.database.superuser().await;
    let mut count = 0;
    for rule in 0..RULES.len() {
        if rule > 0 {
            let _ = carry(&shop.app, &shop.hall, &[ruled(rule.try_into().unwrap())]).await;
        }
        for row in whole().iter().chain(&broken()) {
            check(&shop, &key, row, (rule, &mut count), &database).await;
        }
        leave(&shop, &key, (rule, &mut count), &database).await;
    }
    let books = invariants(&shop.app, &shop.hall).await;
    assert_eq!(
        (&books["holds_true"], &books["excess"]),
        (&json!(true), &json!(0)),
        "{books}"
    );
    // By the last rule alone: what a server claims beyond the hold depends on none.
    for row in &beyond() {
        check(&shop, &key, row, (RULES.len() - 1, &mut count), &database).await;
    }
    let books = invariants(&shop.app, &shop.hall).await;
    assert_eq!(
        (&books["holds_open"], &books["held"], &books["excess"]),
        (&json!(0), &json!(0), &json!(2 * (903 + 803))),
        "{books}"
    );
    shop.app.abandon().await;
}
