//! `GET /api/v1/coops/{coop}/bills`

use actix_web::web::{Data, Query};
use wire::money::BillView;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::money;

/// Suppliers' bills, the newest first, for who holds an office.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/bills", operation_id = "list_bills", tag = "money",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<BillView>),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_bills(app: Data<App>, actor: Actor<Active>, page: Query<PageQuery>) -> Result<Answer, Problem> {
    money::list_bills(&app, &actor, &page).await
}
