//! Ballots cast at a steady rate, and how long after its 201 the proof of one can be had.
//!
//! A ballot is sent when it is due, whatever became of those before it, so that a server that stalls does not slow its own load.
//! The proof is asked for as a member asks: the receipts route with `Prefer: wait`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::ballots::fixture::World;
use crate::ballots::load::read_answer;

/// Connections that ballots are cast over.
const CONNECTIONS: usize = 32;
/// How often a proof is asked for, waiting up to five seconds each time.
const ASKED_MAX: usize = 12;
const BUFFER_BYTES: usize = 16 * 1024;

/// How much is cast.
pub struct Load {
    /// Ballots a second.
    pub per_second: u32,
    /// For so many seconds.
    pub seconds: u32,
    /// Of so many ballots the proof of one is waited for.
    pub proof_every: usize,
}

/// What was measured.
pub struct Measured {
    /// From a 201 to the proof.
    pub proofs: Times,
    /// From when a ballot was due to its 201.
    pub answers: Times,
    /// Ballots acknowledged a second.
    pub per_second: f64,
    /// How long casting took.
    pub elapsed: Duration,
}

/// Times, from the shortest to the longest.
pub struct Times(Vec<Duration>);

impl Times {
    fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// How many.
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// The time that so many percent do not exceed.
    pub fn quantile(&self, percent: usize) -> Duration {
        let index = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(index).copied().unwrap_or_default()
    }
}

/// What the connections share.
struct Caster {
    server: SocketAddr,
    receipts: String,
    requests: Vec<Bytes>,
    next: AtomicUsize,
    started: Instant,
    period: Duration,
    proof_every: usize,
}

/// Casts and measures.
pub async fn run(world: &World, server: SocketAddr, load: &Load) -> anyhow::Result<Measured> {
    ensure!(load.per_second > 0 && load.proof_every > 0, "nothing would be measured");
    let count = usize::try_from(load.per_second * load.seconds)?;
    let mut question = world.question(count, true).await?;
    let caster = Arc::new(Caster {
        server,
        receipts: format!("/api/v1/coops/{}/receipts", world.coop()),
        requests: std::mem::take(&mut question.requests),
        next: AtomicUsize::new(0),
        started: Instant::now(),
        period: Duration::from_secs(1) / load.per_second,
        proof_every: load.proof_every,
    });
    let connections: Vec<_> = (0..CONNECTIONS)
        .map(|_| tokio::spawn(Arc::clone(&caster).cast()))
        .collect();
    let (mut answers, mut waiting) = (Vec::new(), Vec::new());
    for connection in connections {
        let (answered, asked) = connection.await??;
        answers.extend(answered);
        waiting.extend(asked);
    }
    let elapsed = caster.started.elapsed();
    let mut proofs = Vec::with_capacity(waiting.len());
    for proof in waiting {
        proofs.push(proof.await??);
    }
    question.check(world, answers.len()).await?;
    Ok(Measured {
        per_second: f64::from(u32::try_from(answers.len())?) / elapsed.as_secs_f64(),
        proofs: Times::new(proofs),
        answers: Times::new(answers),
        elapsed,
    })
}

type Proof = JoinHandle<anyhow::Result<Duration>>;

impl Caster {
    /// Casts each next ballot when it is due.
    async fn cast(self: Arc<Self>) -> anyhow::Result<(Vec<Duration>, Vec<Proof>)> {
        let mut stream = connect(self.server).await?;
        let mut buffer = vec![0; BUFFER_BYTES];
        let (mut answers, mut proofs) = (Vec::new(), Vec::new());
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(request) = self.requests.get(index) else {
                return Ok((answers, proofs));
            };
            let due = self.started + self.period * u32::try_from(index)?;
            tokio::time::sleep_until(due.into()).await;
            tokio::io::AsyncWriteExt::write_all(&mut stream, request).await?;
            let body = read_answer(&mut stream, &mut buffer, "201").await?;
            let acknowledged = Instant::now();
            answers.push(acknowledged - due);
            if index.is_multiple_of(self.proof_every) {
                let receipt: Value = serde_json::from_slice(buffer.get(body).unwrap_or_default())?;
                let ask = self.ask(request, &receipt)?;
                proofs.push(tokio::spawn(wait_for_proof(self.server, ask, acknowledged)));
            }
        }
    }

    /// The request for the proof of a ballot, by the member who cast it.
    fn ask(&self, ballot: &[u8], receipt: &Value) -> anyhow::Result<String> {
        let record_hash = receipt["record_hash"].as_str().context("a receipt without a record")?;
        let authorization = std::str::from_utf8(ballot)?
            .lines()
            .find(|line| line.starts_with("authorization: "))
            .context("a ballot without a session")?;
        Ok(format!(
            "GET {}/{record_hash} HTTP/1.1\r\nhost: 127.0.0.1\r\n{authorization}\r\nprefer: wait=5\r\n\r\n",
            self.receipts
        ))
    }
}

async fn wait_for_proof(server: SocketAddr, ask: String, acknowledged: Instant) -> anyhow::Result<Duration> {
    let mut stream = connect(server).await?;
    let mut buffer = vec![0; BUFFER_BYTES];
    for _ in 0..ASKED_MAX {
        tokio::io::AsyncWriteExt::write_all(&mut stream, ask.as_bytes()).await?;
        let body = read_answer(&mut stream, &mut buffer, "200").await?;
        let waited = acknowledged.elapsed();
        let receipt: Value = serde_json::from_slice(buffer.get(body).unwrap_or_default())?;
        if receipt["state"] == "published" {
            return Ok(waited);
        }
    }
    bail!("a ballot was not published within a minute")
}

async fn connect(server: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
