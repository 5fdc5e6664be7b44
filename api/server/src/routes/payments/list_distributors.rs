//! `GET /api/v1/coops/{coop}/distributors`

use actix_web::web::Data;
use wire::payment::DistributorList;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::payments::distributors;

/// Every contract from which members claim, as final blocks show it, for whoever holds an office.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/distributors", operation_id = "list_distributors", tag = "payments",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = DistributorList),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_distributors(app: Data<App>, actor: Actor<Active>) -> Result<Answer, Problem> {
    distributors::list(&app, &actor).await
}
