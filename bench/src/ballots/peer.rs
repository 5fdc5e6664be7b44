//! The peer: pgbench inserting the same row, one transaction each; where it is not installed, our own loop of the same.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use devstack::postgres::Binaries;
use tokio_postgres::NoTls;

use super::fixture::World;

/// Who inserts.
pub enum Peer {
    /// pgbench at this path.
    Pgbench(PathBuf),
    /// Our own loop over tokio-postgres.
    OwnLoop,
}

impl Peer {
    /// How it is called in the report.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pgbench(_) => "pgbench",
            Self::OwnLoop => "own insert loop (no pgbench here)",
        }
    }
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS bench_ballot (LIKE ballot INCLUDING ALL)";
const INSERT: &str = "INSERT INTO bench_ballot (coop_id, proposal_id, member_id, revision, options, points, salt, record_hash,
    kind, public_key, signature, cast_at, recorded_by)
    VALUES ('00000000-0000-7000-8000-000000000000', '00000000-0000-7000-8000-000000000001', gen_random_uuid(), 1, '{0}', '{1}',
    sha256('a'), sha256('b'), 4, sha256('c'), sha256('d') || sha256('e'), clock_timestamp(), 'ballot_cast')";

/// pgbench beside the server's binaries, or in the PATH.
pub fn find(binaries: &Binaries) -> Peer {
    let beside = binaries.folder.join("pgbench");
    if beside.is_file() {
        return Peer::Pgbench(beside);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join("pgbench"))
        .find(|program| program.is_file())
        .map_or(Peer::OwnLoop, Peer::Pgbench)
}

/// Rows a second.
pub async fn run(peer: &Peer, world: &World, connections: usize, seconds: u32) -> anyhow::Result<f64> {
    let (client, connection) = tokio_postgres::connect(&world.superuser_url, NoTls).await?;
    tokio::spawn(connection);
    client
        .batch_execute(&format!("{TABLE}; TRUNCATE bench_ballot; CHECKPOINT"))
        .await?;
    match peer {
        Peer::Pgbench(program) => pgbench(program, world, connections, seconds).await,
        Peer::OwnLoop => own_loop(world, connections, seconds).await,
    }
}

async fn pgbench(program: &PathBuf, world: &World, connections: usize, seconds: u32) -> anyhow::Result<f64> {
    let insert = format!("{};\n", INSERT.replace('\n', " "));
    pgbench_script(program, world, &insert, (connections, seconds)).await
}

/// Runs a script by pgbench; transactions a second.
pub async fn pgbench_script(
    program: &PathBuf,
    world: &World,
    text: &str,
    (connections, seconds): (usize, u32),
) -> anyhow::Result<f64> {
    let script = world.folder.join("insert.sql");
    std::fs::write(&script, text)?;
    let output = tokio::process::Command::new(program)
        .args(["-n", "-M", "prepared", "-j", "2"])
        .args(["-c", &connections.to_string(), "-T", &seconds.to_string()])
        .arg("-f")
        .arg(&script)
        .arg(&world.superuser_url)
        .stdin(Stdio::null())
        .output()
        .await?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .find_map(|line| line.strip_prefix("tps = "))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .with_context(|| format!("pgbench said: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

async fn own_loop(world: &World, connections: usize, seconds: u32) -> anyhow::Result<f64> {
    let until = Instant::now() + Duration::from_secs(u64::from(seconds));
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let url = world.superuser_url.clone();
            tokio::spawn(async move {
                let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
                tokio::spawn(connection);
                let statement = client.prepare(INSERT).await?;
                let mut count = 0_u32;
                while Instant::now() < until {
                    client.execute(&statement, &[]).await?;
                    count += 1;
                }
                anyhow::Ok(count)
            })
        })
        .collect();
    let mut rows = 0.0;
    for task in tasks {
        rows += f64::from(task.await??);
    }
    Ok(rows / f64::from(seconds))
}
