//! `GET /api/v1/coops/{coop}/proposals/{proposal}/proxy-ballots/mine`

use actix_web::web::{Data, Query};
use governance::id::ProposalId;
use wire::delegation::ProxyBallotView;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::proxies;

/// What holders of the caller's proxy cast for the caller: the last of each. A ballot of one's own counts instead.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals/{proposal}/proxy-ballots/mine", operation_id = "list_proxy_ballots_for_me", tag = "delegations",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        PageQuery),
    responses((status = 200, body = Page<ProxyBallotView>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_proxy_ballots_for_me(
    app: Data<App>,
    actor: Actor<Member>,
    proposal: Id<ProposalId>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    proxies::for_me(&app, &actor, proposal.0, &query).await
}
