//! `POST /api/v1/coops/{coop}/payouts/{cycle}/closing`

use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::payment::PaymentProgress;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::BareCommand;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::ending;

/// Closes a cycle of which everything is paid, for two persons who hold offices: the first asks for it, the second does it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payouts/{cycle}/closing", operation_id = "close_payout_cycle", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    responses((status = 200, body = PaymentProgress),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn close_payout_cycle(
    app: Data<App>,
    actor: Actor<Active>,
    cycle: Id<PayoutCycleId>,
    command: BareCommand,
) -> Result<Answer, Problem> {
    ending::close(&app, &actor, cycle.0, &command.0).await
}
