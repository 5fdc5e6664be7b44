//! `PATCH /api/v1/coops/{coop}/proposals/{proposal}`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::{EditProposal, ProposalAnswer};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::{BasedOn, Body};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::proposals::{self, Asking};

/// Changes the texts of a proposal before voting opens; its author and stewards may.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    patch, path = "/api/v1/coops/{coop}/proposals/{proposal}", operation_id = "edit_proposal", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "The ETag of the version that the change is based on")),
    request_body = EditProposal,
    responses((status = 200, body = ProposalAnswer),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 412, body = ProblemBody),
        (status = 422, body = ProblemBody),
        (status = 428, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn edit_proposal(
    app: Data<App>,
    actor: Actor<Active>,
    proposal: Id<ProposalId>,
    based_on: BasedOn,
    body: Body<EditProposal>,
) -> Result<Answer, Problem> {
    proposals::edit(&app, Asking::from(&actor), proposal.0, based_on, body.0).await
}
