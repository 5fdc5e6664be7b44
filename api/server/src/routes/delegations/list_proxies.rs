//! `GET /api/v1/coops/{coop}/proposals/{proposal}/proxies`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::delegation::ProxiesHeld;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::proxies;

/// The members whose proxies the caller holds in a proposal, and who have not voted; nobody where voting is not open.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals/{proposal}/proxies", operation_id = "list_proxies_held", tag = "delegations",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid)),
    responses((status = 200, body = ProxiesHeld),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_proxies_held(
    app: Data<App>,
    actor: Actor<Member>,
    proposal: Id<ProposalId>,
) -> Result<Answer, Problem> {
    proxies::held(&app, &actor, proposal.0).await
}
