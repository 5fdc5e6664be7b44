//! `cargo xtask demo`: from a fresh clone to a page in the browser.

mod claims;
mod services;
mod settings;
mod state;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use devstack::guard::{Guarded, Program};
use devstack::{Anvil, Postgres, http, require_free_port};

use crate::progress::{Step, say};
use crate::{llm, node, place, run};
use state::State;

/// How long the server may take until it is ready.
const READY_SECONDS_MAX: u64 = 60;
/// How often the running programs are looked at.
const WATCH: Duration = Duration::from_millis(200);

#[derive(Args)]
pub struct DemoArguments {
    /// The port of this machine on which the portal is served.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Forget everything from earlier runs and start over.
    #[arg(long)]
    fresh: bool,
    /// Where a server of models is on this machine, such as `http://127.0.0.1:8081`, so that a decision can name it.
    #[arg(long, value_name = "ORIGIN")]
    models: Vec<String>,
}

/// Where the demonstration is, and where it may go.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// The port of the portal.
    pub port: u16,
    /// Where servers of models may be on this machine, as origins.
    pub models: &'a [String],
    /// Of these, the language model and the model of embeddings that the co-op shares from the start.
    pub shared: Option<&'a [String; 2]>,
    /// Whether the co-op shares revenue from the start.
    pub has_books: bool,
}

/// What runs, in the order in which it is stopped.
pub struct Running {
    server: Guarded,
    chain: Anvil,
    postgres: Postgres,
}

pub fn run(arguments: &DemoArguments) -> anyhow::Result<()> {
    // Before anything takes its time: the commonest mistakes are seen at once.
    require_free_port(arguments.port).context("choose another one: cargo xtask demo --port NUMBER")?;
    let stop = stop_signal()?;
    let state = State::open(&place::local().join("demo"), arguments.fresh)?;
    let program = build(&stop)?;
    let models = llm::for_demo(&stop)?;
    let own = models.as_ref().map(llm::Models::origins);
    let mut allowed = arguments.models.clone();
    allowed.extend(own.iter().flatten().cloned());
    let at = At {
        port: arguments.port,
        models: &allowed,
        shared: own.as_ref(),
        has_books: true,
    };
    let running = start(&state, &program, at, &stop)?;
    say(&state.welcome(arguments.port, &running.chain.url())?);
    if let Some(models) = &models {
        say(&models.welcome());
    }
    watch(running, &stop)?;
    models.map_or(Ok(()), llm::Models::stop)
}

/// Starts a demonstration of its own for a test: from nothing, in a folder, with what is built already.
pub fn start_anew(folder: &Path, at: At<'_>) -> anyhow::Result<Running> {
    let state = State::open(folder, true)?;
    start(
        &state,
        &place::target().join("debug/rochdale"),
        at,
        &AtomicBool::new(false),
    )
}

impl Running {
    /// Where the chain answers.
    pub fn chain_url(&self) -> String {
        self.chain.url()
    }

    /// Stops everything in order.
    pub fn stop(self) -> anyhow::Result<()> {
        self.server.stop()?;
        self.chain.stop()?;
        Ok(self.postgres.stop()?)
    }
}

/// Set by Ctrl-C and SIGTERM. The programs we start have process groups of their own and hear of it from us.
pub fn stop_signal() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // The second one ends us at once; the watchers of our children stop them all the same.
        signal_hook::flag::register_conditional_shutdown(signal, 130, stop.clone())?;
        signal_hook::flag::register(signal, stop.clone())?;
    }
    Ok(stop)
}

fn check(stop: &AtomicBool) -> anyhow::Result<()> {
    if stop.load(Ordering::SeqCst) {
        bail!("stopped before it was ready; run it again to go on")
    } else {
        Ok(())
    }
}

/// Builds what is missing or old; returns the program `rochdale`.
fn build(stop: &AtomicBool) -> anyhow::Result<PathBuf> {
    node::install_step("contracts")?;
    check(stop)?;
    node::build_portal()?;
    check(stop)?;
    // The profile for development: the first page comes up minutes earlier, and the cryptography in it is optimised anyway.
    run::step(
        "build of rochdale (minutes the first time)",
        &mut run::program("cargo", &["build", "--package", "server", "--locked"]),
    )?;
    check(stop)?;
    Ok(place::target().join("debug/rochdale"))
}

fn start(state: &State, program: &Path, at: At<'_>, stop: &AtomicBool) -> anyhow::Result<Running> {
    let step = Step::begin("PostgreSQL and a local chain");
    let postgres = services::start_postgres(state)?;
    let chain = services::start_chain(state, at.has_books)?;
    step.end("ok", &format!("on ports {} and {}", postgres.port(), chain.port()));
    check(stop)?;
    services::prepare(state, program, &postgres, &chain, at)?;
    check(stop)?;
    let step = Step::begin("server");
    let arguments = ["serve", "--with-worker", "--config"];
    let mut server = Program::new("rochdale", program, &state.folder, &state.folder.join("rochdale.log"))
        .arguments(arguments)
        .arguments([state.configuration()])
        .start()?;
    wait_until_ready(&mut server, at.port, &state.folder, stop)?;
    step.end("ok", "");
    Ok(Running {
        server,
        chain,
        postgres,
    })
}

fn wait_until_ready(server: &mut Guarded, port: u16, folder: &Path, stop: &AtomicBool) -> anyhow::Result<()> {
    let log = folder.join("rochdale.log");
    let deadline = std::time::Instant::now() + Duration::from_secs(READY_SECONDS_MAX);
    while std::time::Instant::now() < deadline {
        check(stop)?;
        if server.ended().is_some() {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            bail!(
                "the server ended at once; its log {} says:\n{}",
                log.display(),
                run::tail(&text)
            );
        }
        if http::get(port, "/readyz").is_ok_and(|(status, _)| status == 200) {
            return Ok(());
        }
        std::thread::sleep(WATCH);
    }
    bail!(
        "the server is not ready after {READY_SECONDS_MAX} s; see {}",
        log.display()
    )
}

/// Waits for Ctrl-C, or for one of the programs to end; then stops the others in order.
fn watch(mut running: Running, stop: &AtomicBool) -> anyhow::Result<()> {
    let mut failure = None;
    while !stop.load(Ordering::SeqCst) && failure.is_none() {
        std::thread::sleep(WATCH);
        failure = match (
            running.server.ended(),
            running.chain.has_ended(),
            running.postgres.has_ended(),
        ) {
            (Some(status), _, _) => Some(format!(
                "the server ended on its own ({status}); see .local/demo/rochdale.log"
            )),
            (None, true, _) => Some(String::from(
                "the chain ended on its own; see .local/demo/chain/chain.log",
            )),
            (None, false, true) => Some(String::from(
                "PostgreSQL ended on its own; see .local/demo/postgres/server.log",
            )),
            (None, false, false) => None,
        };
    }
    let step = Step::begin("stopping");
    running.stop()?;
    step.end(
        "ok",
        "all is kept in .local/demo; run `cargo xtask demo` to go on, with --fresh to start over",
    );
    match failure {
        None => Ok(()),
        Some(failure) => bail!(failure),
    }
}
