//! Aim: the story of the demonstration with nothing in it that only pretends: the official client talks to a real language model, meets
//! the voted limit, and works on once a decision raised it. Method: `cargo xtask test --full` serves SmolLM2 and embeddings on this
//! machine and names them in `ROCHDALE_MODELS`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use server::services::access::checking::check;
use tests::app::{Options, TestApp};
use tests::upstream::until;
use tokio::sync::mpsc;

use super::world::{allowance, carry, decide, invariants, key, policy};
use crate::decisions::world::Hall;
use crate::gateway::sdks::{python, script};

/// Where the models are: the language model, then embeddings.
fn models() -> Result<[String; 2], String> {
    if std::env::var("ROCHDALE_FULL").ok().as_deref() != Some("1") {
        return Err(String::from("ROCHDALE_FULL is not 1"));
    }
    let named = std::env::var("ROCHDALE_MODELS").unwrap_or_default();
    let origins: Vec<String> = named.split_whitespace().map(str::to_owned).collect();
    origins
        .try_into()
        .map_err(|_| String::from("`cargo xtask llm` could not set up its models"))
}

fn tool(name: &str, origin: &str) -> Value {
    json!({"action": "set_tool", "version": 1, "tool": name, "terms": {"kind": "plain", "base_url": format!("{origin}/v1"),
        "external": false, "data_location": "this machine", "slots": 2, "first_byte_seconds": 300, "idle_seconds": 60}})
}

fn model(name: &str, tool: &str, (context, output): (u64, u64), endpoints: &[&str]) -> Value {
    json!({"action": "set_model", "version": 1, "model": name, "terms": {"tool": tool, "upstream_name": name, "licence": "Apache-2.0",
        "context_tokens": context, "output_tokens": output, "price": {"input": 1, "output": 10, "call": 0},
        "overhead": {"call": 8, "message": 8}, "endpoints": endpoints}})
}

/// What a line says after its name, in words.
fn words(line: Option<String>, name: &str) -> Vec<String> {
    let line = line.unwrap_or_default();
    let said = line
        .strip_prefix(&format!("{name}: "))
        .unwrap_or_else(|| panic!("no {name}: {line}"));
    said.split_whitespace().map(str::to_owned).collect()
}

/// An answered call: it cost what its tokens cost.
fn charged(line: Option<String>) -> u64 {
    let said = words(line, "asked");
    let numbers: Vec<u64> = [0, 2, 3].iter().map(|place| said[*place].parse().unwrap()).collect();
    assert_eq!(numbers[0], numbers[1] + 10 * numbers[2], "{said:?}");
    assert!(numbers[1] > 8 && numbers[2] > 0 && said[4] == "True", "{said:?}");
    numbers[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_talks_to_a_real_model_until_the_allowance_and_on_after_a_decision() {
    let ([chat, vectors], python) = match models().and_then(|models| Ok((models, python()?))) {
        Ok(both) => both,
        Err(reason) => return devstack::not_run("real-model", &reason),
    };
    let origins = vec![chat.clone(), vectors.clone()];
    let app =
        TestApp::start_with(Options::default().configure(move |config| config.gateway.allowed_origins = origins)).await;
    let hall = Hall::with_members(&app, 2).await;
    let each = |units| [allowance(json!({"group": "everyone"}), "each", units)];
    let acts = [
        tool("language", &chat),
        tool("vectors", &vectors),
        model(
            "smollm2",
            "language",
            (1_024, 200),
            &["chat_completions", "completions"],
        ),
        model("e5", "vectors", (512, 0), &["embeddings"]),
        policy(0, &each(700)),
    ];
    let first = decide(&app, &hall, &acts).await;
    // The hardest texts, asked of the real thing: only what keeps to its bound takes calls.
    for report in check(&app.app, &hall.slug, None).await.unwrap() {
        assert!(report.models.iter().all(|model| model.holds()), "{report:?}");
    }
    let key = key(&hall, &hall.members[0], json!({})).await;
    let mut command = Command::new(python);
    command
        .arg("-B")
        .arg(script("local.py"))
        .arg(format!("{}/v1", app.url))
        .arg(&key);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (say, mut said) = mpsc::unbounded_channel();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(say.send(line))));

    let mut spent = charged(said.recv().await);
    let refused = loop {
        let line = said.recv().await;
        match line {
            Some(line) if line.starts_with("refused: ") => break line,
            line => spent += charged(line),
        }
    };
    assert!(
        spent <= 700 && refused.starts_with("refused: 429 coop_allowance_exhausted "),
        "{refused}"
    );
    assert!(refused.contains(&format!("proposal {first} set it")), "{refused}");
    let _ = carry(&app, &hall, &[policy(1, &each(5_000))]).await;
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(charged(said.recv().await) > 0);
    assert_eq!(words(said.recv().await, "streamed"), ["True", "8"]);
    assert_eq!(words(said.recv().await, "vectors"), ["384", "True"]);
    assert!(child.wait().unwrap().success());
    until("nothing runs", || app.app.gateway.load() == (0, 0)).await;
    let books = invariants(&app, &hall).await;
    assert_eq!(
        (&books["holds_true"], &books["excess"]),
        (&json!(true), &json!(0)),
        "{books}"
    );
    app.finish().await;
}
