//! Forgetting a person who left.

use std::path::Path;

use anyhow::Context as _;
use store::erasure::{Erased, ErasureMode, person_erase};

use super::say;

pub async fn run(config: &Path, email: &str, is_meant: bool) -> anyhow::Result<()> {
    let url = super::load(config)?.database.migrate_url.context(
        "database.migrate_url is not set; it names a role that may act as rochdale_owner, which alone can erase",
    )?;
    let mode = if is_meant {
        ErasureMode::Apply
    } else {
        ErasureMode::Preview
    };
    let email = email.to_lowercase();
    let erased = person_erase(&url, &email, mode).await?;
    tell(&email, &erased, mode)
}

fn tell(email: &str, erased: &Erased, mode: ErasureMode) -> anyhow::Result<()> {
    say(format_args!(
        "The account {email}, with {} rows of sign-in",
        erased.sign_in_rows
    ))?;
    for coop in &erased.coops {
        say(format_args!(
            "  {:<24} {} memberships, applications and invitations lose their names; {} rows of history, {} events, {} texts of \
             comments, {} reasons of objections, {} contests and replies and {} reasons of disputes go",
            coop.slug,
            coop.unnamed,
            coop.history,
            coop.events,
            coop.comments,
            coop.objections,
            coop.contests,
            coop.disputes
        ))?;
    }
    say(
        "What stays: ballots and keys under the member's number, the texts of proposals the person wrote, and every hash in the log.",
    )?;
    match mode {
        ErasureMode::Preview => say(format_args!(
            "Nothing was erased. It cannot be taken back. To do it: rochdale admin erase-person --email {email} --yes"
        )),
        ErasureMode::Apply => say(
            "Erased. Copies of the database that were made before still hold the person: let them expire. What others copied of the \
             public record cannot be taken back.",
        ),
    }
}
