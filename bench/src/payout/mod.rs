//! Payout cycles: how long one takes from its frozen inputs to the books, both computations included, from a thousand members to a million,
//! and how much memory it needs.
//!
//! The steps are asked of a real server over HTTP. The peer is a bare INSERT ... SELECT, in the same run on the same database server, of
//! every row that the cycle wrote, into tables with the same columns, constraints and indexes and without triggers. Then transactions of the
//! books a second over HTTP, beside pgbench inserting the same rows.

mod bare;
mod books;
mod people;
mod steps;

use std::path::PathBuf;

use devstack::postgres::Binaries;
use devstack::{Postgres, PostgresOptions};

use crate::ballots::fixture::World;
use crate::ballots::peer;
use crate::ballots::process::Served;

/// What to measure.
#[derive(clap::Args)]
pub struct Options {
    /// How many members, one cycle after the other; each more than before.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000, 1_000_000])]
    members: Vec<u32>,
    /// Connections at once, for transactions of the books and for pgbench.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Transactions of the books to post; 0 to leave them out.
    #[arg(long, default_value_t = 10_000)]
    transactions: usize,
    /// How long pgbench runs, in seconds.
    #[arg(long, default_value_t = 8)]
    peer_seconds: u32,
    /// The program to measure; `rochdale` beside this one where left out.
    #[arg(long)]
    program: Option<PathBuf>,
}

/// Measures and prints.
///
/// # Errors
/// If a part cannot be started, or a step is refused.
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
    let world = World::make(&postgres, folder.path()).await?;
    let server = Served::start(&program, &world, &["serve"]).await?;
    let people = people::People::make(&world, server.address()).await?;
    println!("PostgreSQL with fsync and synchronous_commit on, 2 cores shared by all.");
    for (number, members) in options.members.iter().enumerate() {
        people.grow(&world, (number, *members)).await?;
        let cycle = steps::run(&people, number).await?;
        let bare = bare::insert(&world, &cycle.id).await?;
        let ours = cycle.seconds();
        println!(
            "{members} members: {ours:.2} s, {:.1} us a member ({}); bare INSERT of its {} rows {:.2} s, ratio {:.1}; largest memory: \
             server {} MiB, a process of the database {} MiB",
            ours * 1e6 / f64::from(*members),
            cycle.told(),
            bare.rows,
            bare.seconds,
            ours / bare.seconds,
            server.largest_memory_mib()?,
            steps::largest_mib(postgres.process())?
        );
    }
    if options.transactions > 0 {
        let ours = books::post(&people, (options.transactions, options.connections)).await?;
        let (name, theirs) = books::peer(&pgbench, &world, (options.connections, options.peer_seconds)).await?;
        println!(
            "transactions of the books with two entries, {} connections: rochdale {ours:.0}/s, {name} {theirs:.0}/s, ratio {:.2}",
            options.connections,
            ours / theirs
        );
    }
    server.stop().await?;
    tokio::task::spawn_blocking(move || postgres.stop()).await??;
    Ok(())
}
