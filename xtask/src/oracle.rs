//! `cargo xtask oracle`: other programs count what we count, and take what we write for them.

use std::path::PathBuf;
use std::process::Command;

use anyhow::bail;
use clap::{Args, Subcommand};

use crate::{node, place, run};

/// Elections in one test run, and in a full one.
pub const PROFILES: (u32, u32) = (300, 5_000);
/// Where the npm packages of other programs are named.
pub const PACKAGES: &str = "xtask/oracle";
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
    /// Let another program be the bank: it takes our files of payments, refuses, pays, returns, is silent, and we read its answers.
    Bank,
    /// Share the seats of the House of Representatives, and thousands of random pools, by `apportionment` of PyPI and of npm too.
    Share,
}

/// Runs it and shows what it says.
pub fn run(arguments: &OracleArguments) -> anyhow::Result<()> {
    if !is_there() {
        bail!("python3 is not installed");
    }
    run::step("build for oracle", &mut build())?;
    match arguments.oracle {
        Oracle::Count { profiles, seed } => run::hand_over(&mut compare(profiles, seed)),
        Oracle::Bank => run::hand_over(&mut bank()),
        Oracle::Share => {
            node::install_step(PACKAGES)?;
            run::hand_over(&mut share())
        }
    }
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
        "--example",
        "bank_files",
        "--example",
        "allocate_shares",
    ];
    run::program("cargo", &arguments)
}

/// The comparison of counts; its last line is `N passed, N failed`.
pub fn compare(profiles: u32, seed: u64) -> Command {
    let mut command = program("count", "count_profiles");
    command.args(["--profiles", &profiles.to_string(), "--seed", &seed.to_string()]);
    command
}

/// The stories with a bank of another program's; their last line is `N passed, N failed`.
pub fn bank() -> Command {
    program("bank", "bank_files")
}

/// The comparison of shares; its last line is `N passed, N failed`. It needs the npm packages of [`PACKAGES`].
pub fn share() -> Command {
    let mut command = program("share", "allocate_shares");
    let data = std::env::var_os("ROCHDALE_DATA").map_or_else(|| place::root().join("../shared/data"), PathBuf::from);
    command.arg("--data").arg(data);
    command
}

/// A script beside this program, in the environment of the other programs, with an example that answers for us.
fn program(oracle: &str, ours: &str) -> Command {
    let mut command = run::program(
        "python3",
        &["xtask/oracle/main.py", "--oracle", oracle, "--environment"],
    );
    command.arg(place::target().join("oracle/environment"));
    command
        .arg("--ours")
        .arg(place::target().join("debug/examples").join(ours));
    command
}

/// The comparison of counts as a step of the tests.
pub fn of_test(full: bool) -> Command {
    compare(if full { PROFILES.1 } else { PROFILES.0 }, SEED)
}
