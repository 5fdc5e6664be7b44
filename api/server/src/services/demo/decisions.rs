//! What the members of the demonstration decided, and what they are asked now.

use serde_json::json;

use super::{Asking, Cast, acts, begin, decide, new, open, tools, vote};
use crate::app::App;
use crate::problem::Problem;

/// A motion on which all voted.
pub async fn decided(app: &App, asking: Asking, cast: &[Cast]) -> Result<(), Problem> {
    let server = new(
        "quick_motion",
        "Run our own model server from January",
        "We rent one machine and run an open model on it, for all members. The price is known and shared; nobody else reads what we ask \
         it.",
    );
    decide(
        app,
        asking,
        cast,
        server,
        [
            (0, Some("It costs less than what we pay now.")),
            (0, None),
            (2, Some("I would like to see the first month's bill before I judge.")),
            (0, None),
            (1, None),
        ],
    )
    .await
}

/// A motion and an election that wait for votes, and a motion being discussed. Where models are shared, the motion raises what each
/// member may use of them, and only the member's vote is missing; elsewhere it only says so.
pub async fn waiting(app: &App, asking: Asking, cast: &[Cast], shares_models: bool) -> Result<(), Problem> {
    // Quick where it does something: the vote of the one member who has not voted yet decides it and is seen to.
    let mut quota = new(
        if shares_models { "quick_motion" } else { "motion" },
        "Give every member five times as much of the model",
        "Each member may use the shared model for five times as much a day, alike for all. Today's allowance ends after a few answers, \
         and the machine is idle most of the time.",
    );
    if shares_models {
        quota.actions = acts(json!([{"act": tools::policy(1, 5 * tools::FIRST_ALLOWANCE)}]))?;
    }
    let quota = begin(app, asking, quota).await?;
    open(app, asking, quota, 7).await?;
    let mut board = new(
        "election",
        "Elect two keepers of the model library",
        "They look after which models and corpora we share, for one year.",
    );
    board.options = ["Demo Auditor", "Demo Member", "Demo Other Member", "Demo Treasurer"]
        .map(str::to_owned)
        .to_vec();
    board.seats = Some(2);
    let board = begin(app, asking, board).await?;
    open(app, asking, board, 7).await?;
    if let [steward, treasurer, auditor, _, other] = cast {
        let early: &[&Cast] = if shares_models {
            &[steward, treasurer, auditor, other]
        } else {
            &[treasurer]
        };
        for member in early {
            vote(app, asking.coop, quota, member, (&[0], &[1]), None).await?;
        }
        vote(app, asking.coop, board, treasurer, (&[3, 0, 1], &[1, 2, 3]), None).await?;
        vote(app, asking.coop, board, auditor, (&[0, 2], &[1, 2]), None).await?;
    }
    let corpus = new(
        "motion",
        "Share our corpus of meeting minutes under CC BY-SA",
        "Names are removed first. Anyone may train on it and must share alike.",
    );
    begin(app, asking, corpus).await?;
    Ok(())
}
