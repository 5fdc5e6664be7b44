//! `GET /api/v1/coops/{coop}/payee`

use actix_web::web::Data;
use wire::payment::PayeeView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::payments::payees;

/// Where the member wants to be paid.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/payee", operation_id = "get_payee", tag = "payments",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = PayeeView),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_payee(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    payees::own(&app, &actor).await
}
