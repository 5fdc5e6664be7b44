//! `GET /api/v1/coops/{coop}/payouts/{cycle}`

use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::payout::PayoutCycleView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payouts::cycles;

/// A payout cycle: where it stands, what each step of the rule did, what pools got, who approved. What each member gets stands in the
/// member's own statement.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/payouts/{cycle}", operation_id = "get_payout_cycle", tag = "payouts",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid)),
    responses((status = 200, body = PayoutCycleView),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_payout_cycle(
    app: Data<App>,
    actor: Actor<Member>,
    cycle: Id<PayoutCycleId>,
) -> Result<Answer, Problem> {
    cycles::get(&app, &actor, cycle.0).await
}
