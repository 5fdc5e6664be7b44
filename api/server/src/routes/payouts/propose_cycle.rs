//! `POST /api/v1/coops/{coop}/payouts/{cycle}/proposal`

use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::payout::PayoutCycleView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::BareCommand;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payouts::approving;

/// Puts a verified cycle before those who approve it, for the treasurer. How many are needed depends on the amount.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payouts/{cycle}/proposal", operation_id = "propose_payout_cycle", tag = "payouts",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    responses((status = 200, body = PayoutCycleView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn propose_payout_cycle(
    app: Data<App>,
    actor: Actor<Treasurer>,
    cycle: Id<PayoutCycleId>,
    command: BareCommand,
) -> Result<Answer, Problem> {
    approving::propose(&app, &actor, cycle.0, &command.0).await
}
