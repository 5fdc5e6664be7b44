//! `POST /api/v1/coops/{coop}/payouts/{cycle}/approvals`

use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::payout::{ApprovePayoutCycle, PayoutCycleView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payouts::approving;

/// Approves exactly the digests of a proposed cycle, for whoever holds an office and had no part in preparing it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payouts/{cycle}/approvals", operation_id = "approve_payout_cycle", tag = "payouts",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = ApprovePayoutCycle,
    responses((status = 200, body = PayoutCycleView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn approve_payout_cycle(
    app: Data<App>,
    actor: Actor<Active>,
    cycle: Id<PayoutCycleId>,
    command: Command<ApprovePayoutCycle>,
) -> Result<Answer, Problem> {
    approving::approve(&app, &actor, cycle.0, command).await
}
