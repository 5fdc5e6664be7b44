//! `GET /api/v1/coops/{coop}/anchors`

use actix_web::web::{Data, Query};
use wire::decision::{AnchorAnswer, AnchorsQuery};
use wire::page::Page;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::proposals::Asking;
use crate::services::published;

/// The anchors of the co-op, newest first, or those of one proposal. Number 0 is the opening of the namespace on chain.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/anchors", operation_id = "list_anchors", tag = "decisions",
    params(("coop" = String, Path, format = Uuid),
        AnchorsQuery),
    responses((status = 200, body = Page<AnchorAnswer>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_anchors(app: Data<App>, actor: Actor<Member>, query: Query<AnchorsQuery>) -> Result<Answer, Problem> {
    published::anchors(&app, Asking::from(&actor), query.into_inner()).await
}
