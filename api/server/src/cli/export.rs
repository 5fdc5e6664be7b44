//! `rochdale export`: a co-op's public record as files.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use server::services::export::{ExportMode, ExportReport, ExportStep, export};

use super::say;

/// How often to say how far it is.
const TELL_EVERY: Duration = Duration::from_secs(2);

#[derive(clap::Args)]
pub struct Export {
    /// The co-op's short name.
    slug: String,
    /// The folder; it is made where it is not there. A later run writes only what is new.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// Write nothing; say what would be written and how large it is.
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(arguments: Export, config: &Path) -> anyhow::Result<()> {
    let app = Arc::new(super::run::application(super::load(config)?).await?);
    let mode = if arguments.dry_run {
        ExportMode::Preview
    } else {
        ExportMode::Write
    };
    let mut progress = Progress::new();
    let mut tell = |step| progress.tell(step);
    let report = export(app, &arguments.slug, &arguments.to, mode, &mut tell).await?;
    told(&report, &arguments, mode)
}

fn told(report: &ExportReport, arguments: &Export, mode: ExportMode) -> anyhow::Result<()> {
    let to = arguments.to.display();
    match (report.is_changed, mode) {
        (false, _) => say(format_args!("Nothing is new. {to} is as it was."))?,
        (true, ExportMode::Preview) => say(format_args!("Nothing was written. This would be, to {to}:"))?,
        (true, ExportMode::Write) => say(format_args!("Written to {to}:"))?,
    }
    if report.is_changed {
        say(format_args!(
            "  {} bundles ({}), {} are as they were",
            report.bundles,
            size(report.bundle_bytes),
            report.bundles_kept
        ))?;
        say(format_args!(
            "  {} tiles of the log ({}), which has {} entries now; {} partial tiles removed",
            report.tiles,
            size(report.tile_bytes),
            report.log_size,
            report.tiles_removed
        ))?;
    }
    if report.waiting > 0 {
        say(format_args!(
            "{} decisions wait until the published log covers their result. Export again in a minute.",
            report.waiting
        ))?;
    }
    for (proposal, why) in &report.failed {
        say(format_args!("The bundle of {proposal} could not be written: {why}"))?;
    }
    if report.failed.is_empty() {
        return Ok(());
    }
    Err(anyhow!("{} bundles could not be written", report.failed.len()))
}

fn size(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    for (unit, name) in units {
        if bytes >= unit {
            let tenths = bytes.saturating_mul(10) / unit;
            return format!("{}.{} {name}", tenths / 10, tenths % 10);
        }
    }
    format!("{bytes} bytes")
}

/// Says now and then how far it is.
struct Progress {
    next: Instant,
    bundles: usize,
}

impl Progress {
    fn new() -> Self {
        Self {
            next: Instant::now() + TELL_EVERY,
            bundles: 0,
        }
    }

    fn tell(&mut self, step: ExportStep) {
        let text = match step {
            ExportStep::Planned { bundles } => {
                self.bundles = bundles;
                return;
            }
            ExportStep::Piece { number, bytes } => format!("bundle {number} of {}, {}", self.bundles, size(bytes)),
            ExportStep::TileMoved { number, tiles } => format!("tile {number} of {tiles}"),
            ExportStep::BundleMoved
            | ExportStep::BundleNoted
            | ExportStep::CheckpointMoved
            | ExportStep::RecordMoved => return,
        };
        let now = Instant::now();
        if now >= self.next {
            self.next = now + TELL_EVERY;
            print_progress(&text);
        }
    }
}

#[expect(clippy::print_stderr, reason = "progress is not what the command was asked to print")]
fn print_progress(text: &str) {
    eprintln!("{text}");
}
