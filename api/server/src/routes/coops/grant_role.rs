//! `PUT /api/v1/coops/{coop}/members/{member}/roles/{role}`

use actix_web::web::Data;
use governance::id::MemberId;
use wire::coop::{MemberView, RoleReason};
use wire::problem::ProblemBody;

use super::segments::RoleInPath;
use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::roles;

/// Grants a role to an active member. Granting one that is held changes nothing.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    put, path = "/api/v1/coops/{coop}/members/{member}/roles/{role}", operation_id = "grant_role", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("member" = String, Path, format = Uuid), ("role" = String, Path, description = "steward, treasurer or auditor")),
    request_body = RoleReason,
    responses((status = 200, body = MemberView),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn grant_role(
    app: Data<App>,
    actor: Actor<Steward>,
    member: Id<MemberId>,
    role: RoleInPath,
    body: Body<RoleReason>,
) -> Result<Answer, Problem> {
    roles::grant(&app, &actor, (member.0, role.0), &body.0.reason).await
}
