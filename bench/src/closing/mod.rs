//! Closing a vote: how long the count of a closed proposal takes, from the rows of PostgreSQL to the published tally, and how much
//! memory it needs, from ten thousand ballots to a million.
//!
//! The floor is COPY of the same columns of the same rows to a client, which does nothing but read. Each count runs in a process of its
//! own, so that its largest memory is known.

mod once;
mod rows;

use std::path::PathBuf;

use anyhow::Context as _;
use devstack::postgres::Binaries;
use devstack::{Postgres, PostgresOptions};
use governance::rule::{Counting, DecisionRule, ElectionTie};

use crate::ballots::fixture::World;

pub use once::Once;

/// What to measure.
#[derive(clap::Args)]
pub struct Options {
    /// How many ballots, one vote after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000, 1_000_000])]
    ballots: Vec<u32>,
    /// Candidates of the elections; each ballot ranks all of them at random.
    #[arg(long, default_value_t = 20)]
    candidates: u16,
}

/// Measures and prints.
///
/// # Errors
/// If a part cannot be started or fails.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let binaries = Binaries::find(&PathBuf::from(".local/npm"))?;
    let postgres_options = PostgresOptions::new(&folder.path().join("postgres"), binaries);
    let postgres = tokio::task::spawn_blocking(move || Postgres::start(&postgres_options)).await??;
    let world = World::make(&postgres, folder.path()).await?;
    let most = options.ballots.iter().copied().max().context("no number of ballots")?;
    rows::members(&world, most).await?;
    println!(
        "PostgreSQL with fsync and synchronous_commit on; elections of {} candidates, all ranked on each ballot.",
        options.candidates
    );
    for (name, rule) in rules() {
        for ballots in &options.ballots {
            let candidates = if name == "yes_no" { 0 } else { options.candidates };
            let proposal = rows::closed(&world, &rule, *ballots, candidates).await?;
            let floor = rows::read(&world, proposal).await?;
            let counted = once::measure(&world, proposal).await?;
            println!(
                "{name}, {ballots} ballots: counted and published in {:.2} s ({:.2} us each), largest memory {} MiB; \
                 COPY of the rows {:.2} s, ratio {:.1}",
                counted.seconds,
                counted.seconds * 1e6 / f64::from(*ballots),
                counted.peak_mib,
                floor.as_secs_f64(),
                counted.seconds / floor.as_secs_f64()
            );
        }
    }
    tokio::task::spawn_blocking(move || postgres.stop()).await??;
    Ok(())
}

fn rules() -> [(&'static str, DecisionRule); 3] {
    let (seats, tie) = (3, ElectionTie::Lot);
    [
        ("yes_no", DecisionRule::simple_majority()),
        ("scottish_stv", DecisionRule::new(Counting::ScottishStv { seats, tie })),
        (
            "schulze",
            DecisionRule::new(Counting::Schulze {
                seats: 1,
                tie,
                default_option: None,
            }),
        ),
    ]
}
