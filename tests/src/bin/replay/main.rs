//! Replays a real election through the whole product: one member for each ballot paper, entered by public key; every paper a signed
//! ballot over HTTP; closed, counted, anchored on a real node; the bundle written and verified by `rochdale-audit`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is how a command line program answers"
)]

mod declared;
mod election;
mod steps;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Parser;
use governance::blt;
use serde_json::json;

use election::Election;
use steps::Steps;

#[derive(Parser)]
#[command(name = "replay")]
struct Cli {
    /// The ballot file.
    file: PathBuf,
    /// How to count: scottish-stv.
    #[arg(long, default_value = "scottish-stv")]
    method: String,
    /// Print one JSON object and nothing else.
    #[arg(long)]
    json: bool,
    /// Where to leave the bundle; the folder of the ballot file is never written to.
    #[arg(long, default_value = "replay.rochdale")]
    bundle: PathBuf,
    /// A declared result to compare with: elected, quota and every stage must be the same.
    #[arg(long)]
    expected: Option<PathBuf>,
    /// How many requests at once.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// The folder of the programs `rochdale` and `rochdale-audit`; that of this program where left out.
    #[arg(long)]
    programs: Option<PathBuf>,
    /// Do not wait until the anchor is final.
    #[arg(long)]
    without_finality: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match replay(&cli).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("replay: {error:#}");
            ExitCode::from(3)
        }
    }
}

/// Where cargo put this program, and the others with it.
fn beside_us() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    Ok(here.parent().context("this program lies in no folder")?.to_path_buf())
}

async fn replay(cli: &Cli) -> anyhow::Result<ExitCode> {
    if cli.method != "scottish-stv" {
        bail!("the method {} is not known; there is scottish-stv", cli.method);
    }
    let text = std::fs::read_to_string(&cli.file).with_context(|| format!("cannot read {}", cli.file.display()))?;
    let ballots = blt::parse(&text).with_context(|| format!("{} is refused", cli.file.display()))?;
    if !ballots.withdrawn.is_empty() {
        bail!("the file has withdrawn candidates, and a co-op's election has none; remove them from the file first");
    }
    let programs = match &cli.programs {
        Some(folder) => folder.clone(),
        None => beside_us()?,
    };
    let mut steps = Steps::new(cli.json);
    let election = Election::prepare(&ballots, &programs, cli.connections, &mut steps).await?;
    election.cast(&mut steps).await?;
    let tally = election.close(&mut steps).await?;
    if !cli.without_finality {
        election.wait_for_finality(&mut steps).await?;
    }
    election.bundle(&cli.bundle, &mut steps).await?;
    let verified = election.verify(&programs, &cli.bundle, &mut steps)?;
    let differences = match &cli.expected {
        Some(expected) => declared::differences(&tally["count"], expected)?,
        None => Vec::new(),
    };
    if cli.json {
        let report = json!({
            "file": cli.file, "ballots": election.ballot_count(), "count": tally["count"], "outcome": tally["outcome"],
            "differences": differences,
            "bundle": cli.bundle, "audit_exit": verified.exit, "seconds": steps.seconds(),
        });
        println!("{report}");
    } else {
        election.print(&tally);
        println!("\n{}", verified.text);
        if let Some(expected) = &cli.expected {
            for difference in &differences {
                println!("DIFFERS: {difference}");
            }
            println!("{} differences from {}.", differences.len(), expected.display());
        }
        println!("The bundle is {}.", cli.bundle.display());
    }
    Ok(if verified.exit == 0 && differences.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
