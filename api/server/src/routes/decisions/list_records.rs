//! `GET /api/v1/coops/{coop}/records`

use actix_web::web::{Data, Query};
use wire::decision::RecordAnswer;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::proposals::Asking;
use crate::services::published;

/// The records of the co-op in their order: what its anchors cover.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/records", operation_id = "list_records", tag = "decisions",
    params(("coop" = String, Path, format = Uuid),
        PageQuery),
    responses((status = 200, body = Page<RecordAnswer>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_records(app: Data<App>, actor: Actor<Member>, query: Query<PageQuery>) -> Result<Answer, Problem> {
    published::records(&app, Asking::from(&actor), query.into_inner()).await
}
