//! `POST /api/v1/coops/{coop}/payouts/{cycle}/cancellation`

use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::payout::{CancelPayoutCycle, PayoutCycleView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payouts::approving;

/// Cancels a cycle that was not posted, for the treasurer, with a reason that members read.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payouts/{cycle}/cancellation", operation_id = "cancel_payout_cycle", tag = "payouts",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = CancelPayoutCycle,
    responses((status = 200, body = PayoutCycleView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn cancel_payout_cycle(
    app: Data<App>,
    actor: Actor<Treasurer>,
    cycle: Id<PayoutCycleId>,
    command: Command<CancelPayoutCycle>,
) -> Result<Answer, Problem> {
    approving::cancel(&app, &actor, cycle.0, command).await
}
