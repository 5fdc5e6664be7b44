//! `GET /api/v1/coops/{coop}/proposals`

use actix_web::web::{Data, Query};
use wire::decision::{ProposalQuery, ProposalSummary};
use wire::page::Page;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::proposals::Asking;
use crate::services::results;

/// The proposals of the co-op, newest first. Drafts are seen by their authors and by stewards.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals", operation_id = "list_proposals", tag = "decisions",
    params(("coop" = String, Path, format = Uuid),
        ProposalQuery),
    responses((status = 200, body = Page<ProposalSummary>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_proposals(
    app: Data<App>,
    actor: Actor<Member>,
    query: Query<ProposalQuery>,
) -> Result<Answer, Problem> {
    results::proposals(&app, Asking::from(&actor), query.into_inner()).await
}
