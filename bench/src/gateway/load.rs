//! The callers: connections that each send a call, read the answer and send the next; and streams.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use futures_util::future::join_all;
use memchr::memmem::{find, find_iter};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Target;
use super::model::{PIECES, SLOWLY};

/// What was measured, in milliseconds.
pub struct Measured {
    /// Answers a second.
    pub per_second: f64,
    /// Half were quicker.
    pub p50: f64,
    /// All but a hundredth were quicker.
    pub p99: f64,
    /// Calls that were refused.
    pub failed: usize,
}

fn request(target: &Target, content: &str, is_streamed: bool) -> Vec<u8> {
    let body = format!(
        "{{\"model\":\"{}\",\"max_tokens\":64,\"stream\":{is_streamed},\"messages\":[{{\"role\":\"user\",\"content\":\"{content}\"}}]}}",
        target.model
    );
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        target.address,
        target.key,
        body.len()
    )
    .into_bytes()
}

fn summed(mut latencies: Vec<Duration>, elapsed: Duration, failed: usize) -> Measured {
    latencies.sort();
    let at = |hundredth: usize| {
        let place = latencies.len().saturating_sub(1) * hundredth / 100;
        latencies.get(place).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    let count = u32::try_from(latencies.len()).unwrap_or(u32::MAX);
    Measured {
        per_second: f64::from(count) / elapsed.as_secs_f64(),
        p50: at(50),
        p99: at(99),
        failed,
    }
}

/// Asks on so many connections for so long, from one thread of its own.
pub async fn calls(target: &Target, connections: usize, time: Duration) -> anyhow::Result<Measured> {
    let (address, request) = (target.address, Arc::new(request(target, "hello there", false)));
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let started = Instant::now();
            let callers = (0..connections).map(|_| {
                let request = Arc::clone(&request);
                async move {
                    let mut stream = TcpStream::connect(address).await?;
                    stream.set_nodelay(true)?;
                    let (mut latencies, mut failed, mut buffer) = (Vec::new(), 0, Vec::new());
                    while started.elapsed() < time {
                        let sent = Instant::now();
                        stream.write_all(&request).await?;
                        if answer(&mut stream, &mut buffer).await? {
                            latencies.push(sent.elapsed());
                        } else {
                            failed += 1;
                        }
                    }
                    anyhow::Ok((latencies, failed))
                }
            });
            let (mut latencies, mut failed) = (Vec::new(), 0);
            for caller in join_all(callers).await {
                let (of_caller, failures) = caller?;
                latencies.extend(of_caller);
                failed += failures;
            }
            Ok(summed(latencies, started.elapsed(), failed))
        })
    })
    .await?
}

/// How long the first token of a stream takes, one stream after the other.
pub async fn first_tokens(target: &Target, count: usize) -> anyhow::Result<Measured> {
    let request = request(target, "hello there", true);
    let (mut latencies, started) = (Vec::new(), Instant::now());
    let mut stream = TcpStream::connect(target.address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    for _ in 0..count {
        buffer.clear();
        let sent = Instant::now();
        stream.write_all(&request).await?;
        while find(&buffer, b"data: {").is_none() {
            more(&mut stream, &mut buffer).await?;
        }
        latencies.push(sent.elapsed());
        while end(&buffer)?.is_none() {
            more(&mut stream, &mut buffer).await?;
        }
    }
    Ok(summed(latencies, started.elapsed(), 0))
}

/// Opens so many slow streams at once: how many came whole, and how many pieces are missing from all.
pub async fn streams(target: &Target, count: usize) -> anyhow::Result<(usize, usize)> {
    let request = request(target, SLOWLY, true);
    let all = (0..count).map(|_| async {
        let mut stream = TcpStream::connect(target.address).await?;
        stream.write_all(&request).await?;
        let mut buffer = Vec::new();
        while end(&buffer)?.is_none() {
            more(&mut stream, &mut buffer).await?;
        }
        anyhow::Ok(find_iter(&buffer, br#""content":"x""#).count())
    });
    let came: Vec<usize> = join_all(all).await.into_iter().map(Result::unwrap_or_default).collect();
    let lost = came.iter().map(|pieces| PIECES.saturating_sub(*pieces)).sum();
    Ok((came.iter().filter(|pieces| **pieces == PIECES).count(), lost))
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
    if stream.read_buf(buffer).await? == 0 {
        bail!("the connection was closed");
    }
    Ok(())
}

/// Reads one answer; whether it is a good one.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<bool> {
    buffer.clear();
    while end(buffer)?.is_none() {
        more(stream, buffer).await?;
    }
    Ok(buffer.starts_with(b"HTTP/1.1 200"))
}

/// Where an answer ends, with a length or in chunks.
fn end(buffer: &[u8]) -> anyhow::Result<Option<usize>> {
    let Some(head) = find(buffer, b"\r\n\r\n") else {
        return Ok(None);
    };
    let lines = buffer.get(..head).unwrap_or_default().to_ascii_lowercase();
    let body = head + 4;
    let Some(place) = find(&lines, b"\r\ncontent-length:") else {
        let last = find(buffer.get(body..).unwrap_or_default(), b"\r\n0\r\n\r\n");
        return Ok(last.map(|last| body + last + 7));
    };
    let digits = lines
        .get(place + 17..)
        .unwrap_or_default()
        .split(|byte| *byte == b'\r')
        .next();
    let length: usize = std::str::from_utf8(digits.unwrap_or_default())?
        .trim()
        .parse()
        .context("a length that is no number")?;
    Ok((buffer.len() >= body + length).then_some(body + length))
}
