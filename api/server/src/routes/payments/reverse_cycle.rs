//! `POST /api/v1/coops/{coop}/payouts/{cycle}/reversal`

use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::payment::{PaymentProgress, ReversePayoutCycle};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::ending;

/// Undoes a posted cycle of which nothing is paid, for two persons who hold offices: the first asks for it, the second does it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payouts/{cycle}/reversal", operation_id = "reverse_payout_cycle", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = ReversePayoutCycle,
    responses((status = 200, body = PaymentProgress),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn reverse_payout_cycle(
    app: Data<App>,
    actor: Actor<Active>,
    cycle: Id<PayoutCycleId>,
    command: Command<ReversePayoutCycle>,
) -> Result<Answer, Problem> {
    ending::reverse(&app, &actor, cycle.0, command).await
}
