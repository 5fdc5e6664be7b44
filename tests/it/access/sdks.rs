//! Aim: a member's usual program, unchanged, meets the voted limit and works on once a decision raised it. Method: the official clients
//! as processes of their own; between two of their calls the members decide.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use tests::upstream::hello;
use tokio::sync::mpsc;

use super::calls::Shop;
use super::world::{allowance, carry, key, policy};
use crate::gateway::sdks::{node, python, script};

async fn meets_the_limit(mut command: Command) {
    let each = |units| [allowance(json!({"group": "everyone"}), "each", units)];
    let shop = Shop::open(vec![hello()], 2).await;
    let first = shop.stock(&each(120)).await;
    let key = key(&shop.hall, &shop.hall.members[0], json!({})).await;
    command.arg(format!("{}/v1", shop.app.url)).arg(&key);
    if let Some(folder) = command.get_current_dir().map(Path::to_owned) {
        command.arg(folder);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (say, mut said) = mpsc::unbounded_channel();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(say.send(line))));

    assert_eq!(said.recv().await.as_deref(), Some("first: Hello! 66"));
    let refused = said.recv().await.unwrap();
    assert!(
        refused.starts_with("second: 429 coop_allowance_exhausted "),
        "{refused}"
    );
    assert!(refused.contains(&format!("proposal {first} set it")), "{refused}");
    let _ = carry(&shop.app, &shop.hall, &[policy(1, &each(240))]).await;
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert_eq!(said.recv().await.as_deref(), Some("third: Hello! 66"));
    assert_eq!(said.recv().await, None);
    assert!(child.wait().unwrap().success());
    assert_eq!(shop.mock.got().len(), 2, "a refused call is not tried again");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_for_python_meets_the_voted_limit_and_works_on_once_it_is_raised() {
    match python() {
        Err(reason) => devstack::not_run("gateway-openai-python", &reason),
        Ok(python) => {
            let mut command = Command::new(python);
            command.arg("-B").arg(script("raise.py"));
            meets_the_limit(command).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_for_node_meets_the_voted_limit_and_works_on_once_it_is_raised() {
    match node() {
        Err(reason) => devstack::not_run("gateway-openai-node", &reason),
        Ok(folder) => {
            let mut command = Command::new("node");
            command.arg(script("raise.mjs")).current_dir(folder);
            meets_the_limit(command).await;
        }
    }
}
