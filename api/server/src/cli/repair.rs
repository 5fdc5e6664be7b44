//! Repairing a log that is ahead of a restored database.

use std::path::Path;

use server::services::log::repair::{LostEntries, Repair, RepairMode, repair};

use super::say;

pub async fn run(config: &Path, slug: &str, is_meant: bool) -> anyhow::Result<()> {
    let app = super::run::application(super::load(config)?).await?;
    let mode = if is_meant {
        RepairMode::Apply
    } else {
        RepairMode::Preview
    };
    match repair(&app, slug, mode).await? {
        Repair::NotBehind => {
            say("The database is not behind the published log. There is nothing to do, and nothing was written.")
        }
        Repair::Behind(lost) => tell(slug, &lost, mode),
    }
}

fn tell(slug: &str, lost: &LostEntries, mode: RepairMode) -> anyhow::Result<()> {
    say(format_args!(
        "The published log of {slug} has {} entries, root {}. This database lacks those from {} on: {}.",
        lost.end_index,
        lost.root,
        lost.first_index,
        lost.end_index.saturating_sub(lost.first_index)
    ))?;
    for (name, count) in &lost.types {
        let gone = count.entries.saturating_sub(count.waiting);
        say(format_args!(
            "  {name:<20} {:>8}, of which {} are in this database and get their place, and {gone} are lost but for their hash",
            count.entries, count.waiting
        ))?;
    }
    say(
        "What is lost stays lost: the votes, proposals, results and memberships behind those hashes are not in the published log.",
    )?;
    say(
        "Ask members who voted or did anything since the copy was made to do it again. A member whose vote was lost votes anew; \
         both entries stand in the log. A question that closed since then is closed and counted again, without the lost votes.",
    )?;
    match mode {
        RepairMode::Preview => say(format_args!(
            "Nothing was written. A newer copy is always better than this. To go on without: rochdale admin repair-log {slug} --yes"
        )),
        RepairMode::Apply => {
            say("Done. The log goes on, with an event log_repaired. The worker signs it within seconds.")
        }
    }
}
