//! The client against endpoints that misbehave.

use std::time::Duration;

use chain::{ChainFault, EndpointPin, RpcChain, RpcSettings, SendOutcome};
use governance::hash::Hash32;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::anvil::AnvilLab;
use crate::lab::CHAIN_ID;

const SETTINGS: RpcSettings = RpcSettings {
    connect_timeout: Duration::from_secs(5),
    request_timeout: Duration::from_millis(500),
    answer_bytes_max: 10_000,
};

const CHAIN_ANSWER: &str = r#"{"jsonrpc":"2.0","id":1,"result":"0x7a69"}"#;
const BLOCK_ANSWER: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"number":"0x0","timestamp":"0x1","baseFeePerGas":"0x7","hash":"0x0101010101010101010101010101010101010101010101010101010101010101"}}"#;

fn ok(body: &str) -> Option<String> {
    Some(format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    ))
}

/// Serves the two answers that connecting needs, then `last` to everything; `None` never answers.
async fn endpoint(last: Option<String>) -> url::Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/secret-access-key", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    tokio::spawn(async move {
        let mut answers = vec![ok(CHAIN_ANSWER), ok(BLOCK_ANSWER)].into_iter();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = answers.next().unwrap_or_else(|| last.clone());
            let mut question = vec![0; 65_536];
            let _ = stream.read(&mut question).await;
            match answer {
                Some(answer) => {
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
                // Held open until the client gives up.
                None => drop(stream.read(&mut question).await),
            }
        }
    });
    url
}

async fn connected(last: Option<String>) -> RpcChain {
    let pin = EndpointPin {
        chain_id: CHAIN_ID,
        genesis: Some(Hash32::from_bytes([1; 32])),
    };
    RpcChain::connect(endpoint(last).await, pin, SETTINGS).await.unwrap()
}

#[tokio::test]
async fn an_endpoint_of_another_chain_is_refused() {
    for pin in [
        EndpointPin {
            chain_id: 1,
            genesis: None,
        },
        EndpointPin {
            chain_id: CHAIN_ID,
            genesis: Some(Hash32::from_bytes([2; 32])),
        },
    ] {
        let refused = RpcChain::connect(endpoint(None).await, pin, SETTINGS).await;
        assert!(matches!(refused, Err(ChainFault::WrongChain { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn a_page_of_html_is_malformed_and_cut() {
    let chain = connected(ok(&"<html>".repeat(1_000))).await;
    let Err(ChainFault::Malformed { reason, .. }) = chain.request("eth_blockNumber", serde_json::json!([])).await
    else {
        panic!("a page of HTML was taken for an answer");
    };
    assert!(reason.len() < 400, "{reason}");
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let chain = connected(ok(&" ".repeat(10_001))).await;
    let answer = chain.request("eth_blockNumber", serde_json::json!([])).await;
    assert!(
        matches!(&answer, Err(ChainFault::Malformed { reason, .. }) if reason.contains("longer")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let chain = connected(Some(elsewhere.to_owned())).await;
    let answer = chain.request("eth_blockNumber", serde_json::json!([])).await;
    assert!(
        matches!(&answer, Err(ChainFault::Malformed { reason, .. }) if reason.contains("307")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn silence_after_sending_is_unknown_and_never_a_failure() {
    use chain::Chain;
    let chain = connected(None).await;
    assert!(matches!(chain.send_raw(&[2]).await, SendOutcome::Unknown(_)));
}

#[tokio::test]
async fn the_address_of_an_endpoint_stays_out_of_its_errors() {
    let chain = connected(None).await;
    let fault = chain
        .request("eth_blockNumber", serde_json::json!([]))
        .await
        .unwrap_err();
    let text = format!("{fault} {fault:?}");
    assert!(!text.contains("secret-access-key"), "{text}");
}

#[tokio::test]
async fn a_refusal_in_the_nodes_words_becomes_an_outcome() {
    use chain::Chain;
    let words =
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"nonce too low: next nonce 5, tx nonce 4"}}"#;
    assert_eq!(connected(ok(words)).await.send_raw(&[2]).await, SendOutcome::NonceLow);
}

#[tokio::test]
async fn two_nodes_with_one_chain_id_are_told_apart_by_their_first_block() {
    let Some(lab) = AnvilLab::start().await else {
        println!("NOT RUN: chain-anvil, run npm ci in contracts");
        return;
    };
    let pin = EndpointPin {
        chain_id: CHAIN_ID,
        genesis: Some(Hash32::from_bytes([3; 32])),
    };
    let refused = RpcChain::connect(lab.url.clone(), pin, RpcSettings::default()).await;
    assert!(matches!(refused, Err(ChainFault::WrongChain { .. })), "{refused:?}");
}
