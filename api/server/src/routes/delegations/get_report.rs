//! `GET /api/v1/coops/{coop}/members/{member}/delegate-report`

use actix_web::web::{Data, Query};
use governance::id::MemberId;
use wire::delegation::DelegateVote;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::delegations;

/// How a member voted in decided proposals, and with whose weight, the newest proposal first. Every member may read it of every other.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/members/{member}/delegate-report", operation_id = "get_delegate_report", tag = "delegations",
    params(("coop" = String, Path, format = Uuid), ("member" = String, Path, format = Uuid),
        PageQuery),
    responses((status = 200, body = Page<DelegateVote>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_delegate_report(
    app: Data<App>,
    actor: Actor<Member>,
    member: Id<MemberId>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    delegations::report(&app, &actor, member.0, &query).await
}
