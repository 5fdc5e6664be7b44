//! `GET /api/v1/coops/{coop}/proposals/{proposal}`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::ProposalAnswer;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::proposals::Asking;
use crate::services::results;

/// A proposal, with what the caller needs to sign a ballot.
///
/// Until the count is published it tells how many have voted and nothing else of the ballots.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals/{proposal}", operation_id = "get_proposal", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid)),
    responses((status = 200, body = ProposalAnswer),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_proposal(app: Data<App>, actor: Actor<Member>, proposal: Id<ProposalId>) -> Result<Answer, Problem> {
    results::proposal(&app, Asking::from(&actor), proposal.0).await
}
