//! `GET /api/v1/coops`

use actix_web::web::{Data, Query};
use wire::coop::CoopSummary;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::coops;

/// The caller's own co-ops. A page may hold fewer than asked for, at most 50.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops", operation_id = "list_my_coops", tag = "co-ops",
    params(PageQuery),
    responses((status = 200, body = Page<CoopSummary>),
        (status = 401, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_my_coops(app: Data<App>, signed_in: SignedIn, page: Query<PageQuery>) -> Result<Answer, Problem> {
    coops::mine(&app, signed_in, &page).await
}
