//! Counting, against other programs on the same ballots: Meek's method against stv-rs, others against programs in Python, and
//! Schulze's method against our own reading of the same file.
//!
//! Every program begins with the ballots in memory and must elect the same, or there is no ratio.

mod meek;
mod pairs;
mod profile;
mod python;

use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What to measure.
#[derive(clap::Args)]
pub struct Options {
    /// Ballots of the election that Meek's method counts.
    #[arg(long, default_value_t = 100_000)]
    meek_ballots: u32,
    /// Another election for Meek's method, as a ballot file.
    #[arg(long, value_name = "FILE.blt")]
    meek_file: Option<PathBuf>,
    /// Ballots of the elections that the programs in Python count.
    #[arg(long, default_value_t = 5_000)]
    python_ballots: u32,
    /// Ballots of the file that is read and counted by Schulze's method.
    #[arg(long, default_value_t = 1_000_000)]
    ballots: u32,
    /// How often each is measured; the fastest counts.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
}

/// Measures and prints.
///
/// # Errors
/// If programs elect differently, or one cannot be run.
pub fn run(options: &Options) -> anyhow::Result<()> {
    meek::run(options)?;
    python::run(options)?;
    pairs::run(options)
}

/// The fastest of several rounds, and what the last of them gave.
fn fastest<T>(rounds: u32, mut work: impl FnMut() -> anyhow::Result<T>) -> anyhow::Result<(Duration, T)> {
    let mut best = Duration::MAX;
    for _ in 1..rounds.max(1) {
        let begin = Instant::now();
        drop(work()?);
        best = best.min(begin.elapsed());
    }
    let begin = Instant::now();
    let last = work()?;
    Ok((best.min(begin.elapsed()), last))
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

fn ratio(theirs: Duration, ours: Duration) -> String {
    format!("{:.1}", theirs.as_secs_f64() / ours.as_secs_f64())
}
