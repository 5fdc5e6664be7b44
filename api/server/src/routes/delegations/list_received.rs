//! `GET /api/v1/coops/{coop}/delegations/received`

use actix_web::web::{Data, Query};
use wire::delegation::DelegationView;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::delegations;

/// The delegations that stand now and name the caller.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/delegations/received", operation_id = "list_received_delegations", tag = "delegations",
    params(("coop" = String, Path, format = Uuid),
        PageQuery),
    responses((status = 200, body = Page<DelegationView>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_received_delegations(
    app: Data<App>,
    actor: Actor<Member>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    delegations::received(&app, &actor, &query).await
}
