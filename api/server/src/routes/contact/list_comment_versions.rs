//! `GET /api/v1/coops/{coop}/proposals/{proposal}/comments/{comment}/versions`

use actix_web::web::{Data, Query};
use governance::id::{CommentId, ProposalId};
use wire::decision::CommentVersion;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::comments;
use crate::services::proposals::Asking;

/// Every version of a comment's words, the first one first; none where a steward removed it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals/{proposal}/comments/{comment}/versions", operation_id = "list_comment_versions",
    tag = "discussion",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("comment" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<CommentVersion>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_comment_versions(
    app: Data<App>,
    actor: Actor<Member>,
    proposal: Id<ProposalId>,
    comment: Id<CommentId>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    comments::versions(&app, Asking::from(&actor), (proposal.0, comment.0), query.into_inner()).await
}
