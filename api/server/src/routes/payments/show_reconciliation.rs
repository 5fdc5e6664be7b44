//! `GET /api/v1/coops/{coop}/reconciliation`

use actix_web::web::Data;
use wire::payment::Reconciliation;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::payments::reconciling;

/// The books beside the bank, for whoever holds an office: what stands on one side and not on the other, with its age.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/reconciliation", operation_id = "show_reconciliation", tag = "payments",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = Reconciliation),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn show_reconciliation(app: Data<App>, actor: Actor<Active>) -> Result<Answer, Problem> {
    reconciling::show(&app, &actor).await
}
