//! `GET /api/v1/coops/{coop}/proposals/{proposal}/tally`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::TallyAnswer;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::proposals::Asking;
use crate::services::published;

/// The published count and its verdict; 409 before it is published.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals/{proposal}/tally", operation_id = "get_tally", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid)),
    responses((status = 200, body = TallyAnswer),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_tally(app: Data<App>, actor: Actor<Member>, proposal: Id<ProposalId>) -> Result<Answer, Problem> {
    published::tally(&app, Asking::from(&actor), proposal.0).await
}
