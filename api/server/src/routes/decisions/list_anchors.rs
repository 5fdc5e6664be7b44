//! `GET /api/v1/coops/{coop}/anchors`

use actix_web::web::{Data, Query};
use wire::decision::AnchorAnswer;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::proposals::Asking;
use crate::services::published;

/// The anchors of the co-op, newest first. Number 0 is the opening of its namespace on chain.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/anchors", operation_id = "list_anchors", tag = "decisions",
    params(("coop" = String, Path, format = Uuid),
        PageQuery),
    responses((status = 200, body = Page<AnchorAnswer>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_anchors(app: Data<App>, actor: Actor<Member>, query: Query<PageQuery>) -> Result<Answer, Problem> {
    published::anchors(&app, Asking::from(&actor), query.into_inner()).await
}
