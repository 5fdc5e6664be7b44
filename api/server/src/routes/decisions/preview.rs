//! `GET /api/v1/coops/{coop}/proposals/{proposal}/preview`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::ProposalPreview;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::previews;
use crate::services::proposals::Asking;

/// What the actions of a proposal would change as things stand, and for whom.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals/{proposal}/preview", operation_id = "preview_proposal", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid)),

    responses((status = 200, body = ProposalPreview),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_proposal(
    app: Data<App>,
    actor: Actor<Member>,
    proposal: Id<ProposalId>,
) -> Result<Answer, Problem> {
    previews::preview(&app, Asking::from(&actor), proposal.0).await
}
