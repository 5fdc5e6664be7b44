//! `POST /api/v1/coops/{coop}/proposals/{proposal}/comments`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::{CommentAnswer, NewComment};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::comments;
use crate::services::proposals::Asking;

/// Says something about a proposal, from the moment it is put before the members until voting ends.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals/{proposal}/comments", operation_id = "post_comment", tag = "discussion",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = NewComment,
    responses((status = 201, body = CommentAnswer),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn post_comment(
    app: Data<App>,
    actor: Actor<Active>,
    proposal: Id<ProposalId>,
    command: Command<NewComment>,
) -> Result<Answer, Problem> {
    comments::post(&app, Asking::from(&actor), proposal.0, command).await
}
