//! `POST /api/v1/coops/{coop}/proposals/{proposal}/reply`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::{ProposalAnswer, ReplyToNotice};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::body::{Command, MaybeBasedOn};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::expulsions;
use crate::services::proposals::Asking;

/// Replies to the notice that a proposal would expel the caller, before voting opens; every member reads it with the proposal.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals/{proposal}/reply", operation_id = "reply_to_notice", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was read; where given, nothing is done if it changed since")),
    request_body = ReplyToNotice,
    responses((status = 200, body = ProposalAnswer),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 412, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn reply_to_notice(
    app: Data<App>,
    actor: Actor<Member>,
    proposal: Id<ProposalId>,
    based_on: MaybeBasedOn,
    command: Command<ReplyToNotice>,
) -> Result<Answer, Problem> {
    expulsions::reply(&app, Asking::from(&actor), proposal.0, based_on, command).await
}
