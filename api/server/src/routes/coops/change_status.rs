//! `POST /api/v1/coops/{coop}/members/{member}/status`

use actix_web::web::Data;
use governance::id::MemberId;
use wire::coop::{ChangeStatus, MemberView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::body::{BasedOn, Body};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::members;

/// Suspends, reinstates or expels a member, for stewards; or leaves, for oneself.
///
/// Roles end as soon as a member is not active, keys when the membership ends. A membership that ended is never
/// revived.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/members/{member}/status", operation_id = "change_member_status", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("member" = String, Path, format = Uuid), ("If-Match" = String, Header, description = "The ETag of the version that the change is based on")),
    request_body = ChangeStatus,
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
pub async fn change_member_status(
    app: Data<App>,
    actor: Actor<Member>,
    member: Id<MemberId>,
    based_on: BasedOn,
    body: Body<ChangeStatus>,
) -> Result<Answer, Problem> {
    members::change(&app, &actor, member.0, (based_on, body.0)).await
}
