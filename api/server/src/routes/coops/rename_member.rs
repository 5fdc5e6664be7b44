//! `PATCH /api/v1/coops/{coop}/members/{member}`

use actix_web::web::Data;
use governance::id::MemberId;
use wire::coop::{MemberView, RenameMember};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::{BasedOn, Body};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::members;

/// Changes how the caller is called in the co-op.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    patch, path = "/api/v1/coops/{coop}/members/{member}", operation_id = "rename_member", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("member" = String, Path, format = Uuid), ("If-Match" = String, Header, description = "The ETag of the version that the change is based on")),
    request_body = RenameMember,
    responses((status = 200, body = MemberView),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 412, body = ProblemBody),
        (status = 422, body = ProblemBody),
        (status = 428, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn rename_member(
    app: Data<App>,
    actor: Actor<Active>,
    member: Id<MemberId>,
    based_on: BasedOn,
    body: Body<RenameMember>,
) -> Result<Answer, Problem> {
    members::rename(&app, &actor, member.0, (based_on, body.0)).await
}
