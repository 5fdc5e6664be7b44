//! Calendar and feed of a co-op's votes, at secret addresses for programs that cannot sign in.
//!
//! An address is derived from the member and a number that rises with each new one, so the database holds none, and a new one ends
//! the one before. It opens titles, times and results of votes, which every member sees, and nothing of any member.

mod atom;
mod calendar;

use governance::id::CoopId;
use sha2::{Digest as _, Sha256};
use store::coop::{CoopRow, coop_get};
use store::decision::feed::{
    FeedAddressRow, FeedRow, feed_address_end, feed_address_read, feed_address_renew, feed_address_works, feed_list,
};
use wire::decision::FeedAddresses;

use crate::app::App;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::links::{feed_token, parse_feed};
use crate::services::proposals::Asking;

/// The most votes told of.
const VOTES_MAX: i64 = 200;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// iCalendar (RFC 5545).
    Calendar,
    /// Atom (RFC 4287).
    Atom,
}

/// A feed as it is sent.
pub struct Feed {
    /// Its media type.
    pub media: &'static str,
    /// What stands in it.
    pub text: String,
    /// A tag that changes with it.
    pub etag: String,
}

/// Where links lead and names come from.
struct Place<'a> {
    public_url: &'a str,
    host: &'a str,
    coop: CoopId,
    name: &'a str,
}

impl Place<'_> {
    /// The page of a vote.
    fn page(&self, vote: &FeedRow) -> String {
        format!("{}/coops/{}/proposals/{}", self.public_url, self.coop, vote.id)
    }
}

/// The caller's addresses.
///
/// # Errors
/// If the database fails.
pub async fn addresses(app: &App, asking: Asking) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("feed_address_read", asking.coop).await?;
    let row = feed_address_read(&mut tx, asking.member).await?;
    tx.commit().await?;
    Answer::ok(&shape(app, asking, row))
}

/// Makes new addresses, which end those before.
///
/// # Errors
/// If the database fails.
pub async fn renew(app: &App, asking: Asking) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("feed_address_renew", asking.coop).await?;
    let row = feed_address_renew(&mut tx, asking.member).await?;
    tx.commit().await?;
    Answer::ok(&shape(app, asking, Some(row)))
}

/// Ends the caller's addresses.
///
/// # Errors
/// If the database fails.
pub async fn end(app: &App, asking: Asking) -> Result<Answer, Problem> {
    let mut tx = app.store.coop_tx("feed_address_end", asking.coop).await?;
    feed_address_end(&mut tx, asking.member).await?;
    tx.commit().await?;
    Ok(Answer::nothing())
}

/// What is read at an address.
///
/// # Errors
/// 404 where the address is none of ours or does not work any more.
pub async fn read(app: &App, token: &str, form: Form) -> Result<Feed, Problem> {
    let (coop, member, generation) = parse_feed(&app.secrets, token).ok_or_else(Problem::not_found)?;
    let mut tx = app.store.coop_tx("feed_read", coop).await?;
    if !feed_address_works(&mut tx, member, generation).await? {
        return Err(Problem::not_found());
    }
    let row: CoopRow = coop_get(&mut tx).await?.ok_or_else(Problem::not_found)?;
    let votes = feed_list(&mut tx, VOTES_MAX).await?;
    tx.commit().await?;
    let url = url::Url::parse(&app.config.server.public_url).map_err(Problem::internal)?;
    let place = Place {
        public_url: &app.config.server.public_url,
        host: url.host_str().unwrap_or("localhost"),
        coop,
        name: &row.name,
    };
    let (media, text) = match form {
        Form::Calendar => ("text/calendar; charset=utf-8", calendar::write(&place, &votes)),
        Form::Atom => (
            "application/atom+xml; charset=utf-8",
            atom::write(&place, row.created_at, &votes),
        ),
    };
    let digest = Sha256::digest(text.as_bytes());
    let etag = format!("\"{}\"", hex::encode(digest.get(..16).unwrap_or_default()));
    Ok(Feed { media, text, etag })
}

fn shape(app: &App, asking: Asking, row: Option<FeedAddressRow>) -> FeedAddresses {
    let base = row.map(|row| {
        let token = feed_token(&app.secrets, asking.coop, asking.member, row.generation);
        format!("{}/api/v1/feeds/{token}", app.config.server.public_url)
    });
    let calendar = base.as_ref().map(|base| format!("{base}/calendar.ics"));
    let webcal = calendar
        .as_ref()
        .and_then(|address| address.split_once("://"))
        .map(|(_, rest)| format!("webcal://{rest}"));
    FeedAddresses {
        webcal,
        calendar,
        atom: base.as_ref().map(|base| format!("{base}/atom.xml")),
        made_at: row.map(|row| row.changed_at),
    }
}

/// How a vote ended, in a word that stands before its title.
fn ending(outcome: &str) -> &'static str {
    match outcome {
        "passed" => "Passed",
        "rejected" => "Rejected",
        "no_quorum" => "No quorum",
        "tied" => "Undecided",
        _ => "Decided",
    }
}

/// Whether a vote was stopped before it had a result.
fn is_stopped(vote: &FeedRow) -> bool {
    matches!(vote.state.as_str(), "cancelled" | "withdrawn")
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use uuid::Uuid;

    use super::*;

    pub(super) fn place() -> Place<'static> {
        Place {
            public_url: "https://vote.example.org",
            host: "vote.example.org",
            coop: CoopId::from_uuid(Uuid::from_u128(1)),
            name: "Weavers; dyers, \\ & <b>spinners</b>",
        }
    }

    pub(super) fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    pub(super) fn vote(number: u128, title: &str) -> FeedRow {
        FeedRow {
            id: Uuid::from_u128(number),
            title: title.to_owned(),
            state: String::from("open"),
            version: 3,
            scheduled_at: None,
            opens_at: at(1_800_000_000),
            closes_at: at(1_800_086_400),
            closed_at: None,
            published_at: None,
            outcome: None,
        }
    }
}
