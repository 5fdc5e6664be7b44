//! One count in a process of its own.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use governance::id::{CoopId, ProposalId};
use serde_json::{Value, json};
use server::app::App;
use server::config::Config;
use server::secrets::Secrets;
use server::services::counting::{CountReport, count_closed};
use store::{Store, StoreConfig};
use tokio::process::Command;

use crate::ballots::fixture::World;
use crate::ballots::process::peak_mib;

/// What to count; asked for by the benchmark itself.
#[derive(clap::Args)]
pub struct Once {
    #[arg(long)]
    config: PathBuf,
    #[arg(long)]
    coop: CoopId,
    #[arg(long)]
    proposal: ProposalId,
}

/// What a count took.
pub struct Counted {
    /// From the first row to the published tally.
    pub seconds: f64,
    /// The largest resident memory of the process.
    pub peak_mib: u64,
}

/// Counts in a process of its own.
pub async fn measure(world: &World, proposal: ProposalId) -> anyhow::Result<Counted> {
    let output = Command::new(std::env::current_exe()?)
        .arg("closing-once")
        .arg("--config")
        .arg(world.configuration(0)?)
        .args(["--coop", &world.coop().to_string(), "--proposal", &proposal.to_string()])
        .kill_on_drop(true)
        .output()
        .await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout)?;
    Ok(Counted {
        seconds: told["seconds"].as_f64().context("no time")?,
        peak_mib: told["peak_mib"].as_u64().context("no memory")?,
    })
}

impl Once {
    /// Counts, and prints what it took.
    ///
    /// # Errors
    /// If the count fails, or finds nothing to count.
    pub async fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.config, std::iter::empty::<(String, String)>())?;
        let secrets = Secrets::load(&config.secrets.folder)?;
        let store = Store::connect(&StoreConfig {
            app_url: config.database.app_url.clone(),
            global_url: config.database.global_url.clone(),
            app_connections: 2,
            global_connections: 2,
            wait: Duration::from_secs(5),
        })?;
        let app = App::new(config, store, secrets, None)?;
        let started = Instant::now();
        let report = count_closed(&app, self.coop, self.proposal).await?;
        let seconds = started.elapsed().as_secs_f64();
        ensure!(report == CountReport::Published, "the vote was not counted: {report:?}");
        println!(
            "{}",
            json!({"seconds": seconds, "peak_mib": peak_mib(std::process::id())?})
        );
        Ok(())
    }
}
