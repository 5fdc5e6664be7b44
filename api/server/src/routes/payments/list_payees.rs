//! `GET /api/v1/coops/{coop}/payees`

use actix_web::web::{Data, Query};
use wire::page::{Page, PageQuery};
use wire::payment::PayeeView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::payments::payees;

/// Where members want to be paid, for whoever holds an office; of account numbers only the beginning and the end.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/payees", operation_id = "list_payees", tag = "payments",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<PayeeView>),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_payees(app: Data<App>, actor: Actor<Active>, page: Query<PageQuery>) -> Result<Answer, Problem> {
    payees::list(&app, &actor, &page).await
}
