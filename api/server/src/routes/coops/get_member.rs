//! `GET /api/v1/coops/{coop}/members/{member}`

use actix_web::web::Data;
use governance::id::MemberId;
use wire::coop::MemberView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::members;

/// One member. The ETag is the version that changes are based on.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/members/{member}", operation_id = "get_member", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("member" = String, Path, format = Uuid)),
    responses((status = 200, body = MemberView),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_member(app: Data<App>, actor: Actor<Member>, member: Id<MemberId>) -> Result<Answer, Problem> {
    members::one(&app, &actor, member.0).await
}
