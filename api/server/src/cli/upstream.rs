//! Looking at the servers of models of a co-op.

use std::path::Path;

use anyhow::bail;
use clap::Subcommand;
use server::services::access::checking::{self, Lacks, ModelReport, Said, ToolReport};

use super::say;

#[derive(Subcommand)]
pub enum UpstreamCommand {
    /// Ask each model of a co-op short texts that are hard on tokenizers, many messages, and tools, and compare the tokens it counts with
    /// those that are set aside. Charges no member; a provider may charge the co-op for some thousand tokens. Fails where a bound does not
    /// hold or a model does not answer.
    Check {
        /// The co-op's short name.
        slug: String,
        /// Only this tool.
        #[arg(long)]
        tool: Option<String>,
    },
}

pub async fn run(command: UpstreamCommand, config: &Path) -> anyhow::Result<()> {
    let UpstreamCommand::Check { slug, tool } = command;
    let app = super::run::application(super::load(config)?).await?;
    let reports = checking::check(&app, &slug, tool.as_deref())
        .await
        .map_err(|problem| anyhow::anyhow!("{problem}: {}", problem.detail()))?;
    for report in &reports {
        tell(report)?;
    }
    let models = reports.iter().flat_map(|report| &report.models);
    if models.clone().all(ModelReport::holds) {
        return Ok(());
    }
    bail!(
        "{} models are not as they were registered",
        models.filter(|model| !model.holds()).count()
    )
}

fn tell(report: &ToolReport) -> anyhow::Result<()> {
    say(format_args!("{} at {}", report.tool, report.base_url))?;
    if report.models.is_empty() {
        say("  serves no model")?;
    }
    for model in &report.models {
        say(format_args!("  {}", model.model))?;
        for probe in &model.probes {
            let said = match probe.said {
                Said::Tokens(tokens) => format!("{tokens} tokens of {} set aside", probe.bound),
                Said::Refused => String::from("refused, so no member can ask it either"),
                Said::Nothing(why) => format!("no answer: {why}"),
            };
            let mark = if probe.holds() { "ok  " } else { "FAIL" };
            say(format_args!(
                "    {mark} {:<16} {:>2} {:<36} {said}",
                probe.endpoint, probe.messages, probe.name
            ))?;
        }
        let Lacks { call, message } = model.lacks();
        if (call, message) != (0, 0) {
            say(format_args!(
                "    The bound is too low: propose the model again with overhead.call higher by {call} and overhead.message by {message} at least."
            ))?;
        }
    }
    Ok(())
}
