//! `PATCH /api/v1/coops/{coop}/proposals/{proposal}/comments/{comment}`

use actix_web::web::Data;
use governance::id::{CommentId, ProposalId};
use wire::decision::{CommentAnswer, EditComment};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::{BasedOn, Body};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::comments;
use crate::services::proposals::Asking;

/// Puts other words in the place of one's own, until voting ends. The words before stay readable to every member.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    patch, path = "/api/v1/coops/{coop}/proposals/{proposal}/comments/{comment}", operation_id = "edit_comment", tag = "discussion",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("comment" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "The ETag of the version that the change is based on: the version in quotes")),
    request_body = EditComment,
    responses((status = 200, body = CommentAnswer),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 412, body = ProblemBody),
        (status = 422, body = ProblemBody),
        (status = 428, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn edit_comment(
    app: Data<App>,
    actor: Actor<Active>,
    proposal: Id<ProposalId>,
    comment: Id<CommentId>,
    based_on: BasedOn,
    body: Body<EditComment>,
) -> Result<Answer, Problem> {
    comments::edit(&app, Asking::from(&actor), (proposal.0, comment.0), based_on, body.0).await
}
