//! The load: connections that each send a request, read the answer and send the next.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What was measured.
pub struct Measured {
    /// How many ballots were acknowledged.
    pub acknowledged: usize,
    elapsed: Duration,
    latencies: Vec<Duration>,
}

impl Measured {
    /// Acknowledged ballots a second.
    pub fn per_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let count = self.acknowledged as f64;
        count / self.elapsed.as_secs_f64()
    }

    /// The latency below which this share of the answers came.
    pub fn quantile(&self, share: f64) -> Duration {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a figure for people"
        )]
        let index = (self.latencies.len().saturating_sub(1) as f64 * share) as usize;
        self.latencies.get(index).copied().unwrap_or_default()
    }
}

/// Sends every request once and waits for a 201 to each, from one thread of its own.
pub async fn cast(server: SocketAddr, requests: Vec<Bytes>, connections: usize) -> anyhow::Result<Measured> {
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(send_all(server, requests, connections))
    })
    .await?
}

async fn send_all(server: SocketAddr, requests: Vec<Bytes>, connections: usize) -> anyhow::Result<Measured> {
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let started = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
            tokio::spawn(async move { connection(server, &requests, &next).await })
        })
        .collect();
    let mut latencies = Vec::with_capacity(requests.len());
    for task in tasks {
        latencies.extend(task.await??);
    }
    let elapsed = started.elapsed();
    latencies.sort();
    Ok(Measured {
        acknowledged: latencies.len(),
        elapsed,
        latencies,
    })
}

async fn connection(server: SocketAddr, requests: &[Bytes], next: &AtomicUsize) -> anyhow::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let mut latencies = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let sent = Instant::now();
        stream.write_all(request).await?;
        read_answer(&mut stream, &mut buffer, "201").await?;
        latencies.push(sent.elapsed());
    }
    Ok(latencies)
}

/// Reads one answer with a Content-Length, makes sure that it has this status and says where in the buffer its body lies.
pub async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8], status: &str) -> anyhow::Result<Range<usize>> {
    let mut filled = 0;
    loop {
        let read = stream
            .read(buffer.get_mut(filled..).context("the answer is too long")?)
            .await?;
        if read == 0 {
            bail!("the server closed the connection");
        }
        filled += read;
        let text = buffer.get(..filled).context("the answer is too long")?;
        let Some(end) = memchr::memmem::find(text, b"\r\n\r\n") else {
            continue;
        };
        let head = text.get(..end).unwrap_or_default();
        let body = end + 4..end + 4 + content_length(head)?;
        if filled < body.end {
            continue;
        }
        let found = head.strip_prefix(b"HTTP/1.1 ").unwrap_or_default();
        if !found.starts_with(status.as_bytes()) {
            bail!("a request was refused: {}", String::from_utf8_lossy(text));
        }
        return Ok(body);
    }
}

/// The sender shares the processors with what it measures, so it looks for one header and nothing else.
fn content_length(head: &[u8]) -> anyhow::Result<usize> {
    let name = b"\r\ncontent-length: ";
    let start = memchr::memmem::find(head, name).context("an answer without a length")? + name.len();
    let digits = head
        .get(start..)
        .unwrap_or_default()
        .split(|byte| *byte == b'\r')
        .next();
    Ok(std::str::from_utf8(digits.unwrap_or_default())?.parse()?)
}
