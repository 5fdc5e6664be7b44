//! `cargo xtask oracle`: other programs count what we count.

use std::process::Command;

use anyhow::bail;
use clap::{Args, Subcommand};

use crate::{place, run};

/// Elections in one test run, and in a full one.
pub const PROFILES: (u32, u32) = (300, 5_000);
/// Where random elections begin, so that every run counts the same ones.
const SEED: u64 = 7;

#[derive(Args)]
pub struct OracleArguments {
    #[command(subcommand)]
    oracle: Oracle,
}

#[derive(Subcommand)]
enum Oracle {
    /// Count thousands of random elections by pref_voting, pyrankvote and votelib too, and explain every difference.
    ///
    /// Makes a Python environment of its own under target/oracle, which takes 800 MB. docs/counting.md names the differences.
    Count {
        /// How many elections.
        #[arg(long, default_value_t = PROFILES.1)]
        profiles: u32,
        /// Where the random numbers begin.
        #[arg(long, default_value_t = SEED)]
        seed: u64,
    },
}

/// Runs it and shows what it says.
pub fn run(arguments: &OracleArguments) -> anyhow::Result<()> {
    let Oracle::Count { profiles, seed } = arguments.oracle;
    if !is_there() {
        bail!("python3 is not installed");
    }
    run::step("build for oracle", &mut build())?;
    run::hand_over(&mut compare(profiles, seed))
}

/// Whether there is a Python at all.
pub fn is_there() -> bool {
    run::is_there("python3", &["--version"])
}

/// Builds our side.
pub fn build() -> Command {
    let arguments = [
        "build",
        "--quiet",
        "--locked",
        "-p",
        "governance",
        "--example",
        "count_profiles",
    ];
    run::program("cargo", &arguments)
}

/// The comparison; its last line is `N passed, N failed`.
pub fn compare(profiles: u32, seed: u64) -> Command {
    let mut command = run::program("python3", &["xtask/oracle/main.py", "--environment"]);
    command.arg(place::target().join("oracle/environment"));
    command
        .arg("--ours")
        .arg(place::target().join("debug/examples/count_profiles"));
    command.args(["--profiles", &profiles.to_string(), "--seed", &seed.to_string()]);
    command
}

/// The comparison as a step of the tests.
pub fn of_test(full: bool) -> Command {
    compare(if full { PROFILES.1 } else { PROFILES.0 }, SEED)
}
