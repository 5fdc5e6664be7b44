//! `GET /api/v1/coops/{coop}/payouts/{cycle}/payment`

use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::payment::PayoutPaymentView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::listing;

/// What is paid to the member for a cycle, and where it stands.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/payouts/{cycle}/payment", operation_id = "get_payment", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid)),
    responses((status = 200, body = PayoutPaymentView),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_payment(app: Data<App>, actor: Actor<Member>, cycle: Id<PayoutCycleId>) -> Result<Answer, Problem> {
    listing::own(&app, &actor, cycle.0).await
}
