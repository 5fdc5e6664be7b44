//! `POST /api/v1/coops/{coop}/proposals/{proposal}/proxy-ballots`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::delegation::{CastProxyBallots, ProxyBallotsStored};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::proxies;

/// Votes for members whose proxies the caller holds, each by a ballot of its own: 70 yes and 30 no in one action.
///
/// A proxy ballot counts where the member does not vote and the member's delegation still leads to the holder when voting closes.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals/{proposal}/proxy-ballots", operation_id = "cast_proxy_ballots", tag = "delegations",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = CastProxyBallots,
    responses((status = 201, body = ProxyBallotsStored),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn cast_proxy_ballots(
    app: Data<App>,
    actor: Actor<Active>,
    proposal: Id<ProposalId>,
    command: Command<CastProxyBallots>,
) -> Result<Answer, Problem> {
    proxies::cast(&app, &actor, proposal.0, command).await
}
