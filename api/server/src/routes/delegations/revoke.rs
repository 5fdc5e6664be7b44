//! `DELETE /api/v1/coops/{coop}/delegations/{scope}`

use actix_web::web::Data;
use wire::problem::ProblemBody;

use super::segments::ScopeInPath;
use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::delegations;

/// Takes back what the caller gave in a scope; what reaches further speaks again.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    delete, path = "/api/v1/coops/{coop}/delegations/{scope}", operation_id = "revoke_delegation", tag = "delegations",
    params(("coop" = String, Path, format = Uuid), ("scope" = String, Path, description = "`coop`, `kind:` and its name, or `proposal:` and its id")),
    responses((status = 204),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn revoke_delegation(app: Data<App>, actor: Actor<Member>, scope: ScopeInPath) -> Result<Answer, Problem> {
    delegations::revoke(&app, &actor, &scope.0).await
}
