//! `GET /api/v1/coops/{coop}/proposals/{proposal}/comments`

use actix_web::web::{Data, Query};
use governance::id::ProposalId;
use wire::decision::CommentAnswer;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::comments;
use crate::services::proposals::Asking;

/// What members say about a proposal, in the order in which it was said. Answers name what they answer.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals/{proposal}/comments", operation_id = "list_comments", tag = "discussion",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<CommentAnswer>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_comments(
    app: Data<App>,
    actor: Actor<Member>,
    proposal: Id<ProposalId>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    comments::list(&app, Asking::from(&actor), proposal.0, query.into_inner()).await
}
