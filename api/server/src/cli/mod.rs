//! The command line.

mod addresses;
mod admin;
mod erase;
mod export;
mod logging;
mod parts;
mod repair;
mod run;
mod treasurer;
mod upstream;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use server::config::Config;

/// The governance backend of a co-operative that shares AI tools.
#[derive(Parser)]
#[command(name = "rochdale", version)]
struct Cli {
    /// The configuration file; every key can be overridden by ROCHDALE_SECTION__KEY in the environment.
    #[arg(long, env = "ROCHDALE_CONFIG", default_value = "rochdale.toml", global = true)]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API and the portal.
    Serve {
        /// Also do the work of `rochdale work`, in the same process.
        #[arg(long)]
        with_worker: bool,
    },
    /// Close proposals that are due, count, anchor, send mail.
    Work,
    /// Bring the database to the schema of this version.
    Migrate,
    /// Print the description of the API (OpenAPI 3.1).
    Openapi,
    /// Write a co-op's public record to a folder that any web server can serve: its log, and a bundle for each decision.
    ///
    /// The record shows who stands on the roll and who voted how, to whoever can read the folder.
    Export(export::Export),
    /// Take a payout cycle from its inputs to the bank, over the API of a server.
    Treasurer(treasurer::Treasurer),
    /// What an operator does by hand.
    Admin {
        #[command(subcommand)]
        command: admin::AdminCommand,
    },
}

/// Runs the program; a failure is printed with its whole chain of causes.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    logging::start();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(dispatch(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "this is how a command line program says that it failed"
)]
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("rochdale: {error:#}");
    ExitCode::FAILURE
}

async fn dispatch(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve { with_worker } => run::serve(load(&cli.config)?, with_worker).await,
        Command::Work => run::work(load(&cli.config)?).await,
        Command::Migrate => run::migrate(load(&cli.config)?).await,
        Command::Openapi => say(server::routes::system::openapi::text()?.trim_end()),
        Command::Export(arguments) => export::run(arguments, &cli.config).await,
        Command::Treasurer(asked) => treasurer::run(asked).await,
        Command::Admin { command } => admin::run(command, &cli.config).await,
    }
}

fn load(path: &std::path::Path) -> anyhow::Result<Config> {
    Config::load(path, std::env::vars())
}

/// Prints what a command was asked for.
fn say(text: impl std::fmt::Display) -> anyhow::Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stdout().lock(), "{text}").context("the output cannot be written")
}
