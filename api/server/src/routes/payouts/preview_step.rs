//! `GET /api/v1/coops/{coop}/payouts/{cycle}/next`

use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::payout::PayoutNext;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payouts::next;

/// What comes next in a payout cycle, without doing it: what the step does and whether it stays, its figures and digests, who takes it, who may
/// approve, and what stands in the way.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/payouts/{cycle}/next", operation_id = "preview_payout_step", tag = "payouts",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid)),
    responses((status = 200, body = PayoutNext),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_payout_step(
    app: Data<App>,
    actor: Actor<Member>,
    cycle: Id<PayoutCycleId>,
) -> Result<Answer, Problem> {
    next::get(&app, &actor, cycle.0).await
}
