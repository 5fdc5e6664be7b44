//! `GET /api/v1/coops/{coop}/members`

use actix_web::web::{Data, Query};
use wire::coop::{MemberView, MembersQuery};
use wire::page::Page;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::members;

/// The members in the order in which they joined, those whose membership ended included.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/members", operation_id = "list_members", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), MembersQuery),
    responses((status = 200, body = Page<MemberView>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_members(app: Data<App>, actor: Actor<Member>, query: Query<MembersQuery>) -> Result<Answer, Problem> {
    members::list(&app, &actor, query.into_inner()).await
}
