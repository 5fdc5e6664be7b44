//! The record: how fast entries get their place in the log and are published, how soon a ballot can be proved, and how long it takes
//! to verify a large bundle.
//!
//! The peer of the first is COPY: the rows that got their place are copied into a table of the same columns, constraints and
//! indexes, in one transaction, in binary, on the same PostgreSQL, in the same run.

mod bundle;
mod proving;
mod publishing;
mod sequencing;
mod verifying;

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use devstack::postgres::Binaries;
use devstack::{Postgres, PostgresOptions};

use crate::ballots::fixture::World;
use crate::ballots::process::Served;

/// What to measure.
#[derive(clap::Args)]
pub struct Options {
    /// Entries that wait at the beginning of each round.
    #[arg(long, default_value_t = 200_000)]
    entries: u32,
    /// Entries that get their place in one transaction; the publisher takes 16,384.
    #[arg(long, default_value_t = 16_384)]
    batch: u32,
    /// How often the first two are measured.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Ballots cast a second while proofs are waited for.
    #[arg(long, default_value_t = 200)]
    ballots_per_second: u32,
    /// For how many seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// Of so many ballots the proof of one is waited for.
    #[arg(long, default_value_t = 10)]
    proof_every: usize,
    /// Ballots in the bundle that is verified; 0 leaves it out.
    #[arg(long, default_value_t = 1_000_000)]
    bundle_ballots: u64,
    /// Measure nothing but that.
    #[arg(long)]
    bundle_only: bool,
    /// The program that verifies; `rochdale-audit` beside this one where left out.
    #[arg(long)]
    audit_program: Option<PathBuf>,
    /// The program to measure; `rochdale` beside this one where left out.
    #[arg(long)]
    program: Option<PathBuf>,
}

/// Measures and prints.
///
/// # Errors
/// If a part cannot be started or fails.
pub async fn run(options: Options) -> anyhow::Result<()> {
    if !options.bundle_only {
        measure_log(&options).await?;
    }
    if options.bundle_ballots > 0 {
        let folder = tempfile::tempdir()?;
        let verify = move || {
            let (ballots, rounds) = (options.bundle_ballots, options.rounds);
            verifying::run(folder.path(), ballots, rounds, options.audit_program.as_ref())
        };
        tokio::task::spawn_blocking(verify).await??;
    }
    Ok(())
}

async fn measure_log(options: &Options) -> anyhow::Result<()> {
    let program = match &options.program {
        Some(program) => program.clone(),
        None => std::env::current_exe()?.with_file_name("rochdale"),
    };
    let folder = tempfile::tempdir()?;
    let binaries = Binaries::find(&PathBuf::from(".local/npm"))?;
    let postgres_options = PostgresOptions::new(&folder.path().join("postgres"), binaries);
    let postgres = tokio::task::spawn_blocking(move || Postgres::start(&postgres_options)).await??;
    let world = World::make(&postgres, folder.path()).await?;
    ensure_durable(&world).await?;
    println!(
        "PostgreSQL with fsync and synchronous_commit on, {} entries a round, 2 cores shared by all.",
        options.entries
    );
    let peer = sequence(&world, options).await?;
    let server = Served::start(&program, &world, &["serve", "--with-worker"]).await?;
    publish(&world, options, peer).await?;
    prove(&world, options, &server).await?;
    server.stop().await?;
    tokio::task::spawn_blocking(move || postgres.stop()).await??;
    Ok(())
}

/// Gives the median of COPY, in rows a second.
async fn sequence(world: &World, options: &Options) -> anyhow::Result<f64> {
    let (mut ratios, mut peers) = (Vec::new(), Vec::new());
    let mut log = sequencing::Log::take(world).await?;
    for round in 1..=options.rounds {
        let ours = log.sequence(options.entries, options.batch).await?;
        let peer = log.copy(options.entries).await?;
        println!(
            "round {round}: {ours:.0} entries/s got their place, COPY {peer:.0} rows/s, ratio {:.2}",
            ours / peer
        );
        ratios.push(ours / peer);
        peers.push(peer);
    }
    log.give_back().await?;
    println!("median ratio {:.2}", median(&mut ratios)?);
    median(&mut peers)
}

async fn publish(world: &World, options: &Options, peer: f64) -> anyhow::Result<()> {
    publishing::catch_up(world).await?;
    let mut all = Vec::new();
    for round in 1..=options.rounds {
        let (entries, checkpoints) = publishing::publish(world, options.entries).await?;
        println!(
            "round {round}: {entries:.0} entries/s published, tiles and {checkpoints} checkpoints, by the worker, ratio to COPY {:.2}",
            entries / peer
        );
        all.push(entries / peer);
    }
    println!("median ratio {:.2}", median(&mut all)?);
    Ok(())
}

async fn prove(world: &World, options: &Options, server: &Served) -> anyhow::Result<()> {
    let load = proving::Load {
        per_second: options.ballots_per_second,
        seconds: options.seconds,
        proof_every: options.proof_every,
    };
    let measured = proving::run(world, server.address(), &load).await?;
    println!(
        "from cast to proof at {:.0} ballots/s for {:.0} s: {} proofs, p50 {} ms, p99 {} ms, longest {} ms; 201 after p50 {} ms, p99 {} ms",
        measured.per_second,
        measured.elapsed.as_secs_f64(),
        measured.proofs.count(),
        measured.proofs.quantile(50).as_millis(),
        measured.proofs.quantile(99).as_millis(),
        measured.proofs.quantile(100).as_millis(),
        measured.answers.quantile(50).as_millis(),
        measured.answers.quantile(99).as_millis(),
    );
    Ok(())
}

/// A figure without durable commits would say nothing.
async fn ensure_durable(world: &World) -> anyhow::Result<()> {
    for setting in ["fsync", "synchronous_commit"] {
        let row = world.client().query_one(&format!("SHOW {setting}"), &[]).await?;
        let value: String = row.get(0);
        ensure!(value == "on", "{setting} is {value}");
    }
    Ok(())
}

fn median(figures: &mut [f64]) -> anyhow::Result<f64> {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().context("no round")
}
