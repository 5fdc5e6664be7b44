//! Signed ballots a second over HTTP, acknowledged when durable, against the bare database.
//!
//! Each ballot belongs to another member, is signed beforehand with that member's Ed25519 key and is cast in that member's own
//! session; the server parses, authenticates, checks the signature and answers with a signed receipt. The peer, pgbench, inserts
//! the same row in one transaction each, prepared, at the same number of connections, on the same PostgreSQL, in the same run.

pub mod fixture;
pub mod load;
pub mod peer;
pub mod process;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use devstack::postgres::Binaries;
use devstack::{Postgres, PostgresOptions};

/// What to measure.
#[derive(clap::Args)]
pub struct Options {
    /// Connections at once, for both.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Ballots to cast.
    #[arg(long, default_value_t = 60_000)]
    ballots: usize,
    /// How long pgbench runs, in seconds.
    #[arg(long, default_value_t = 10)]
    peer_seconds: u32,
    /// How often both are measured, one after the other.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Sign without sessions: the signature alone authenticates.
    #[arg(long)]
    without_sessions: bool,
    /// Also cast these many ballots in proposals of their own and print the cost of each: 1000 10000 100000 1000000.
    #[arg(long, num_args = 0..)]
    growth: Vec<usize>,
    /// The program to measure; `rochdale` beside this one where left out.
    #[arg(long)]
    program: Option<PathBuf>,
}

/// Measures and prints.
///
/// # Errors
/// If a part cannot be started or a ballot is refused.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let program = match options.program {
        Some(program) => program,
        None => std::env::current_exe()?.with_file_name("rochdale"),
    };
    let folder = tempfile::tempdir()?;
    let binaries = Binaries::find(&PathBuf::from(".local/npm"))?;
    let pgbench = peer::find(&binaries);
    let postgres_options = PostgresOptions::new(&folder.path().join("postgres"), binaries);
    let postgres = tokio::task::spawn_blocking(move || Postgres::start(&postgres_options)).await??;
    let world = fixture::World::make(&postgres, folder.path()).await?;
    let server = process::Served::start(&program, &world, &["serve"]).await?;
    println!(
        "PostgreSQL with fsync and synchronous_commit on, {} connections, 2 cores shared by all.",
        options.connections
    );
    let mut ratios = Vec::new();
    for round in 1..=options.rounds {
        let mut ballots = world.question(options.ballots, !options.without_sessions).await?;
        let requests = std::mem::take(&mut ballots.requests);
        let before = (
            server.processor_time()?,
            process::processor_time_of_family(postgres.process())?,
            process::processor_time(std::process::id())?,
        );
        let measured = load::cast(server.address(), requests, options.connections).await?;
        let after = (
            server.processor_time()?,
            process::processor_time_of_family(postgres.process())?,
            process::processor_time(std::process::id())?,
        );
        let each = |spent: Duration| {
            spent.as_secs_f64() * 1e6 / f64::from(u32::try_from(measured.acknowledged).unwrap_or(u32::MAX))
        };
        println!(
            "round {round}: processor time a ballot: server {:.0} us, database {:.0} us, sender {:.0} us",
            each(after.0.saturating_sub(before.0)),
            each(after.1.saturating_sub(before.1)),
            each(after.2.saturating_sub(before.2))
        );
        let peer = peer::run(&pgbench, &world, options.connections, options.peer_seconds).await?;
        let ratio = measured.per_second() / peer;
        ratios.push(ratio);
        println!(
            "round {round}: rochdale {:.0} ballots/s (p50 {:.1} ms, p99 {:.1} ms), {} {peer:.0} rows/s, ratio {ratio:.2}, server memory {} MiB",
            measured.per_second(),
            milliseconds(measured.quantile(0.50)),
            milliseconds(measured.quantile(0.99)),
            pgbench.name(),
            server.memory_mib()?,
        );
        ballots.check(&world, measured.acknowledged).await?;
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(ratios.len() / 2).copied().context("no round")?;
    println!("median ratio {median:.2}");
    for count in options.growth {
        let ballots = world.question(count, false).await?;
        let measured = load::cast(server.address(), ballots.requests, options.connections).await?;
        println!(
            "{count} ballots: {:.1} us each, server memory {} MiB",
            1e6 / measured.per_second(),
            server.memory_mib()?
        );
    }
    server.stop().await?;
    tokio::task::spawn_blocking(move || postgres.stop()).await??;
    Ok(())
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
