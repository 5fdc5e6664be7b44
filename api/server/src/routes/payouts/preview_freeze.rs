//! `GET /api/v1/coops/{coop}/payouts/{cycle}/freezing`

use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::payout::FreezePreview;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payouts::freezing;

/// What freezing a cycle would take from the books and the contributions, and what stands in its way, for the treasurer.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/payouts/{cycle}/freezing", operation_id = "preview_payout_freeze", tag = "payouts",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid)),
    responses((status = 200, body = FreezePreview),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_payout_freeze(
    app: Data<App>,
    actor: Actor<Treasurer>,
    cycle: Id<PayoutCycleId>,
) -> Result<Answer, Problem> {
    freezing::preview(&app, &actor, cycle.0).await
}
