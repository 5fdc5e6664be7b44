//! Aim: the official clients understand what the gateway says. Method: they are installed from their registries at fixed versions, ask
//! every endpoint and every kind of error, and print what they understood; both must print the same.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::json;
use tests::meter::KEY;
use tests::upstream::{Script, Step, choice, done, event, hello, text, usage};

use super::World;

const PYTHON: &str = "openai==3.54.0";
const NODE: &str = "openai@6.49.0";

const EXPECTED: &str = "\
chat: Hello! 10 10
stream: Hello! 3 10
models: ['small']
model: small
embeddings: [0.5, -1.0]
floats: [0.5, -1.0]
responses: resp_1 Hello! completed
response events: ['response.created', 'response.output_text.delta', 'response.completed']
stored: BadRequestError 400 unsupported_parameter True
unknown model: NotFoundError 404 model_not_found True
broken stream: APIError upstream_broken
bad key: AuthenticationError 401 invalid_api_key True
used up: RateLimitError 429 coop_allowance_exhausted True
tool: call_1 now {\"at\": 1}
tool at once: {\"at\": 1} tool_calls
two: ['a', 'b'] ['a', 'b']
completion: ok 3
again: Hello! 1
";
/// How often the upstream is asked for all that: the client comes again by itself once, after it was told when.
const ASKED: usize = 13;

/// What the upstream answers, in the order in which the clients ask.
fn scripts() -> Vec<Script> {
    let vectors = json!({"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -1.0]}], "model": "x", "usage": {"prompt_tokens": 2, "total_tokens": 2}});
    let content = json!([{"type": "output_text", "text": "Hello!", "annotations": []}]);
    let item =
        json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": content});
    let response = |status: &str, output: serde_json::Value| {
        json!({
            "id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "x", "output": output, "tools": [],
            "parallel_tool_calls": true, "tool_choice": "auto", "usage": {"input_tokens": 2, "output_tokens": 1, "total_tokens": 3},
        })
    };
    let events = Script::stream(vec![
        event(
            &json!({"type": "response.created", "sequence_number": 0, "response": response("in_progress", json!([]))}),
        ),
        event(
            &json!({"type": "response.output_text.delta", "sequence_number": 1, "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": "Hello!", "logprobs": []}),
        ),
        event(
            &json!({"type": "response.completed", "sequence_number": 2, "response": response("completed", json!([item]))}),
        ),
    ]);
    let role = choice(json!({"index": 0, "delta": {"role": "assistant", "content": ""}}));
    vec![
        hello(),
        hello(),
        Script::json(200, &vectors),
        Script::json(200, &vectors),
        events.clone(),
        events,
        Script::stream(vec![role, text("a"), Step::HangUp]),
        calls_a_tool(),
        calls_a_tool(),
        answers_twice(),
        Script::stream(vec![
            event(
                &json!({"id": "c", "object": "text_completion", "created": 1, "choices": [{"index": 0, "text": "ok", "finish_reason": "stop", "logprobs": null}]}),
            ),
            usage(json!({"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3})),
            done(),
        ]),
        // Longer than the gateway itself waits, so that the client is told to.
        Script {
            head: String::from("content-type: application/json\r\nretry-after-ms: 2001\r\n"),
            ..Script::json(429, &json!({}))
        },
        hello(),
    ]
}

/// A call of a tool whose arguments come in pieces.
fn calls_a_tool() -> Script {
    let piece =
        |call: serde_json::Value| choice(json!({"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": null}));
    Script::stream(vec![
        piece(json!({"index": 0, "id": "call_1", "type": "function", "function": {"name": "now", "arguments": ""}})),
        piece(json!({"index": 0, "function": {"arguments": "{\"at\":"}})),
        piece(json!({"index": 0, "function": {"arguments": " 1}"}})),
        choice(json!({"index": 0, "delta": {}, "finish_reason": "tool_calls"})),
        done(),
    ])
}

/// Two answers of one token each, with how likely it was.
fn answers_twice() -> Script {
    let likely =
        |token: &str| json!({"content": [{"token": token, "logprob": -0.5, "bytes": null, "top_logprobs": []}]});
    let one = |index: u32, token: &str| {
        choice(json!({"index": index, "delta": {"content": token}, "logprobs": likely(token), "finish_reason": "stop"}))
    };
    Script::stream(vec![one(0, "a"), one(1, "b"), done()])
}

/// The folder of everything that is built.
fn target() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.ancestors().nth(3).unwrap().join("sdk")
}

/// Tests run beside each other, each in a process of its own: one installs, the others wait for it and find it done.
fn turn() -> Result<std::fs::File, String> {
    let said = |error: std::io::Error| error.to_string();
    std::fs::create_dir_all(target()).map_err(said)?;
    let file = std::fs::File::create(target().join("lock")).map_err(said)?;
    file.lock().map_err(said)?;
    Ok(file)
}

fn runs(command: &mut Command) -> Result<Output, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(output);
    }
    Err(String::from_utf8_lossy(&output.stderr)
        .lines()
        .last()
        .unwrap_or("no word")
        .to_owned())
}

/// Python with the client in an environment of its own.
pub fn python() -> Result<PathBuf, String> {
    let _turn = turn()?;
    let (folder, stamp) = (target().join("python"), target().join("python").join(PYTHON));
    let python = folder.join("bin/python");
    if !stamp.exists() {
        runs(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        runs(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYTHON]))?;
        std::fs::write(stamp, "").map_err(|error| error.to_string())?;
    }
    Ok(python)
}

/// A folder in which Node finds the client.
pub fn node() -> Result<PathBuf, String> {
    let _turn = turn()?;
    let (folder, stamp) = (target().join("node"), target().join("node").join(NODE));
    if !stamp.exists() {
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        std::fs::write(folder.join("package.json"), "{\"private\": true}").map_err(|error| error.to_string())?;
        runs(
            Command::new("npm")
                .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
                .arg(&folder)
                .arg(NODE),
        )?;
        std::fs::write(stamp, "").map_err(|error| error.to_string())?;
    }
    Ok(folder)
}

pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("it/gateway/sdk").join(name)
}

async fn asks(mut command: Command) {
    let world = World::start(scripts()).await;
    command.arg(format!("{}/v1", world.app.url)).arg(KEY);
    if let Some(folder) = command.get_current_dir().map(Path::to_owned) {
        command.arg(folder);
    }
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let (said, complained) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(said, EXPECTED, "{complained}");
    let got = world.mock.got();
    assert_eq!(got.len(), ASKED, "nothing else was asked twice");
    let two = &got[9].body;
    assert_eq!(
        (&two["n"], &two["seed"], &two["logprobs"], &two["response_format"]),
        (&json!(2), &json!(7), &json!(true), &json!({"type": "json_object"}))
    );
    assert_eq!(got[7].body["tools"][0]["function"]["name"], "now");
    world.settled(ASKED).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_for_python_understands_every_answer() {
    match python() {
        Err(reason) => devstack::not_run("gateway-openai-python", &reason),
        Ok(python) => {
            let mut command = Command::new(python);
            command.arg("-B").arg(script("ask.py"));
            asks(command).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_for_node_understands_every_answer() {
    match node() {
        Err(reason) => devstack::not_run("gateway-openai-node", &reason),
        Ok(folder) => {
            let mut command = Command::new("node");
            command.arg(script("ask.mjs")).current_dir(folder);
            asks(command).await;
        }
    }
}
