//! `GET /api/v1/coops/{coop}/proposals/{proposal}/versions`

use actix_web::web::{Data, Query};
use governance::id::ProposalId;
use wire::decision::ProposalVersion;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::alternatives;
use crate::services::proposals::Asking;

/// The texts of a proposal that stood before the members and were replaced, the newest first: by whom, when, and by which alternative.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals/{proposal}/versions", operation_id = "list_proposal_versions",
    tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        PageQuery),
    responses((status = 200, body = Page<ProposalVersion>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_proposal_versions(
    app: Data<App>,
    actor: Actor<Member>,
    proposal: Id<ProposalId>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    alternatives::versions(&app, Asking::from(&actor), proposal.0, query.into_inner()).await
}
