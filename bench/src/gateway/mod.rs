//! Calls to a model through the gateway, against the same model asked directly, through nginx, and through LiteLLM.
//!
//! The model is a process that answers at once, so that what is measured is what stands in front of it. All share the same cores. One
//! co-op, one member, one key; a model of price 0, of which nothing is held or booked beyond its row, and one that costs, with a durable
//! hold and settlement for each call. Each is asked by more and more connections, each of which sends, reads and sends again; of the
//! rates reached, the highest is told whose 99th percentile stays within 1, 5, 10 and 50 milliseconds.

mod load;
mod model;
mod peers;
mod world;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use devstack::postgres::Binaries;
use devstack::{Postgres, PostgresOptions};

use crate::ballots::fixture::World;
use crate::ballots::process::Served;

pub use model::{Options as ModelOptions, serve};

/// How long we are asked for each model before anything is measured, so that the planner of the database knows its tables.
const WARMING_UP: Duration = Duration::from_secs(3);

/// What to measure.
#[derive(clap::Args)]
pub struct Options {
    /// How long each number of connections is kept up, in seconds.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// The numbers of connections.
    #[arg(long, num_args = 1.., default_values_t = [1, 2, 4, 8, 16, 32, 64, 128])]
    connections: Vec<usize>,
    /// How long the memory is watched under steady calls of sixteen connections, in seconds.
    #[arg(long, default_value_t = 20)]
    steady_seconds: u64,
    /// Streams that are open at once, each of twenty pieces in two seconds.
    #[arg(long, default_value_t = 1_000)]
    streams: usize,
    /// The program `litellm` of an environment with `litellm[proxy]`; it is left out where this is not given.
    #[arg(long)]
    litellm: Option<PathBuf>,
    /// The program to measure; `rochdale` beside this one where left out.
    #[arg(long)]
    program: Option<PathBuf>,
}

/// What is asked.
pub struct Target {
    /// Its name in what is printed.
    pub name: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
    /// The key it wants.
    pub key: String,
    /// The model, as it is called there.
    pub model: &'static str,
    /// Its process, where it is one of ours.
    pub process: Option<u32>,
}

/// Measures and prints.
///
/// # Errors
/// If a part cannot be started or a call is refused.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let program = match &options.program {
        Some(program) => program.clone(),
        None => std::env::current_exe()?.with_file_name("rochdale"),
    };
    let folder = tempfile::tempdir()?;
    let model = peers::Child::model().await?;
    let postgres_options = PostgresOptions::new(
        &folder.path().join("postgres"),
        Binaries::find(&PathBuf::from(".local/npm"))?,
    );
    let postgres = tokio::task::spawn_blocking(move || Postgres::start(&postgres_options)).await??;
    let world = World::make(&postgres, folder.path()).await?;
    world::take_times(&world).await?;
    let key = world::stock(&world, model.address).await?;
    let address = peers::free()?;
    let config = world.configuration(address.port())?;
    let origin = format!("\n[gateway]\nallowed_origins = [\"http://{}\"]\n", model.address);
    std::fs::OpenOptions::new()
        .append(true)
        .open(&config)?
        .write_all(origin.as_bytes())?;
    let server = Served::start_with(&program, (address, &config), &["serve"]).await?;
    let ours = |name, model| Target {
        name,
        address: server.address(),
        key: key.clone(),
        model,
        process: server.process(),
    };
    let mut targets = vec![Target {
        name: "the model itself",
        address: model.address,
        key: String::from("none"),
        model: "free",
        process: Some(model.process()?),
    }];
    let nginx = peers::Child::nginx(folder.path(), model.address).await?;
    targets.extend(
        nginx
            .as_ref()
            .map(|nginx| nginx.target("nginx", "free", "none"))
            .transpose()?,
    );
    targets.extend([
        ours("rochdale, price 0", "free"),
        ours("rochdale, held and settled", "paid"),
    ]);
    let litellm_key = format!("sk-{}", uuid::Uuid::now_v7().simple());
    let litellm = match &options.litellm {
        Some(program) => Some(peers::Child::litellm(program, folder.path(), model.address, &litellm_key).await?),
        None => None,
    };
    targets.extend(
        litellm
            .as_ref()
            .map(|litellm| litellm.target("litellm", "free", &litellm_key))
            .transpose()?,
    );
    for model in ["free", "paid"] {
        load::calls(&ours("warming up", model), 16, WARMING_UP).await?;
    }
    compare(&options, &targets, &world).await?;
    server.stop().await?;
    tokio::task::spawn_blocking(move || postgres.stop()).await??;
    Ok(())
}

/// Measures each, and tells what the books and the database say of it.
async fn compare(options: &Options, targets: &[Target], world: &World) -> anyhow::Result<()> {
    println!(
        "PostgreSQL with fsync and synchronous_commit on; {} s for each number of connections; all on the same cores.",
        options.seconds
    );
    for peer in ["nginx", "litellm"] {
        if !targets.iter().any(|target| target.name == peer) {
            println!("NOT RUN: {peer}");
        }
    }
    world::analyse(world).await?;
    for target in targets {
        measure(options, target).await?;
    }
    println!("{}", world::books(world).await?);
    for line in world::times(world).await? {
        println!("{line}");
    }
    Ok(())
}

async fn measure(options: &Options, target: &Target) -> anyhow::Result<()> {
    let idle = peers::memory_mib(target.process);
    let mut rates = Vec::new();
    for connections in &options.connections {
        let measured = load::calls(target, *connections, Duration::from_secs(options.seconds)).await?;
        println!(
            "{}: {connections} connections: {:.0} calls/s, p50 {:.2} ms, p99 {:.2} ms, {} failed",
            target.name, measured.per_second, measured.p50, measured.p99, measured.failed
        );
        rates.push((measured.p99, measured.per_second));
    }
    let within = |limit: f64| {
        let fits = rates.iter().filter(|(p99, _)| *p99 <= limit).map(|(_, rate)| *rate);
        fits.fold(0.0, f64::max)
    };
    println!(
        "{}: calls/s at a p99 within 1, 5, 10, 50 ms: {:.0}, {:.0}, {:.0}, {:.0}",
        target.name,
        within(1.0),
        within(5.0),
        within(10.0),
        within(50.0)
    );
    let first = load::first_tokens(target, 300).await?;
    println!(
        "{}: first token p50 {:.2} ms, p99 {:.2} ms",
        target.name, first.p50, first.p99
    );
    let early = peers::memory_kib(target.process);
    load::calls(target, 16, Duration::from_secs(options.steady_seconds)).await?;
    let grown = peers::memory_kib(target.process)
        .unwrap_or(0)
        .saturating_sub(early.unwrap_or(0));
    println!(
        "{}: {grown} KiB more after {} s of steady calls",
        target.name, options.steady_seconds
    );
    let before = peers::memory_mib(target.process);
    let (whole, lost) = load::streams(target, options.streams).await?;
    println!(
        "{}: of {} streams {whole} came whole, {lost} pieces were lost; memory idle {idle}, after calls {before}, after streams {}",
        target.name,
        options.streams,
        peers::memory_mib(target.process)
    );
    Ok(())
}
