//! Benchmarks against named peers: `cargo xtask bench NAME`.
//!
//! Each prints a ratio against a peer measured in the same run on the same machine, since the figures alone say more about the
//! machine than about the program.

#![allow(clippy::print_stdout, reason = "this is how a command line program answers")]

mod ballots;
mod closing;
mod count;
mod gateway;
mod payout;
mod record;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// Signed ballots a second over HTTP, durable, against pgbench inserting the same row.
    Ballots(ballots::Options),
    /// Entries of a log that get their place, against COPY of the same rows; the same published; time from cast to proof;
    /// a bundle of a million ballots verified, against its bare signatures and hashes.
    Record(record::Options),
    /// The count of a vote that is over, from the rows to the published tally, and its memory, against COPY of the rows.
    Closing(closing::Options),
    /// One such count.
    #[command(hide = true)]
    ClosingOnce(closing::Once),
    /// Calls to a model through the gateway, against the model itself, nginx and LiteLLM.
    Gateway(gateway::Options),
    /// The model of that.
    #[command(hide = true)]
    GatewayModel(gateway::ModelOptions),
    /// A payout cycle from its frozen inputs to the books, computed twice, against a bare INSERT ... SELECT of the same rows; transactions
    /// of the books a second, against pgbench.
    Payout(payout::Options),
    /// Counting methods against stv-rs and programs in Python on the same ballots, and Schulze's method against reading a million
    /// ballots.
    Count(count::Options),
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match cli.bench {
            Bench::Ballots(options) => ballots::run(options).await,
            Bench::Record(options) => record::run(options).await,
            Bench::Closing(options) => closing::run(options).await,
            Bench::Gateway(options) => gateway::run(options).await,
            Bench::GatewayModel(options) => gateway::serve(&options).await,
            Bench::Payout(options) => payout::run(options).await,
            Bench::Count(options) => count::run(&options),
            Bench::ClosingOnce(once) => once.run().await,
        }
    })
}
