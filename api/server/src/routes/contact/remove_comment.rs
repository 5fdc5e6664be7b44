//! `POST /api/v1/coops/{coop}/proposals/{proposal}/comments/{comment}/removal`

use actix_web::web::Data;
use governance::id::{CommentId, ProposalId};
use wire::decision::{CommentAnswer, RemoveComment};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::comments;
use crate::services::proposals::Asking;

/// Takes a comment out of sight, with a reason that members read in its place; stewards may. It leaves an event in the record.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals/{proposal}/comments/{comment}/removal", operation_id = "remove_comment",
    tag = "discussion",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("comment" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = RemoveComment,
    responses((status = 200, body = CommentAnswer),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn remove_comment(
    app: Data<App>,
    actor: Actor<Steward>,
    proposal: Id<ProposalId>,
    comment: Id<CommentId>,
    command: Command<RemoveComment>,
) -> Result<Answer, Problem> {
    comments::remove(&app, Asking::from(&actor), (proposal.0, comment.0), command).await
}
