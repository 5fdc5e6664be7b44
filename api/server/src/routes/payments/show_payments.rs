//! `GET /api/v1/coops/{coop}/payouts/{cycle}/issue`

use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::payment::PaymentProgress;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::issuing;

/// How far the payments of a cycle are, and what issuing it or preparing a file would do, for whoever holds an office. Nothing is changed.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/payouts/{cycle}/issue", operation_id = "show_payments", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid)),
    responses((status = 200, body = PaymentProgress),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn show_payments(app: Data<App>, actor: Actor<Active>, cycle: Id<PayoutCycleId>) -> Result<Answer, Problem> {
    issuing::show(&app, &actor, cycle.0).await
}
