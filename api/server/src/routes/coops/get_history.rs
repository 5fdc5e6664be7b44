//! `GET /api/v1/coops/{coop}/members/{member}/history`

use actix_web::web::{Data, Query};
use governance::id::MemberId;
use wire::coop::EventView;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::members;

/// What happened to a membership, oldest first: for the member, stewards and auditors.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/members/{member}/history", operation_id = "get_member_history", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("member" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<EventView>),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_member_history(
    app: Data<App>,
    actor: Actor<Member>,
    member: Id<MemberId>,
    page: Query<PageQuery>,
) -> Result<Answer, Problem> {
    members::history(&app, &actor, member.0, &page).await
}
