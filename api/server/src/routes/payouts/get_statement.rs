//! `GET /api/v1/coops/{coop}/payouts/{cycle}/statement`

use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::payout::PayoutStatement;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payouts::statements;

/// The member's own statement of a computed cycle: what each step gave and by which weight, what is paid and what is carried.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/payouts/{cycle}/statement", operation_id = "get_payout_statement", tag = "payouts",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid)),
    responses((status = 200, body = PayoutStatement),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_payout_statement(
    app: Data<App>,
    actor: Actor<Member>,
    cycle: Id<PayoutCycleId>,
) -> Result<Answer, Problem> {
    statements::own(&app, &actor, cycle.0).await
}
