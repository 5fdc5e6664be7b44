//! `POST /api/v1/coops/{coop}/payouts/{cycle}/ending/withdrawal`

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

/// Takes back what the actor asked for of a cycle, its closing or its undoing, as long as nobody else did it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payouts/{cycle}/ending/withdrawal", operation_id = "withdraw_payout_ending", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    responses((status = 200, body = PaymentProgress),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn withdraw_payout_ending(
    app: Data<App>,
    actor: Actor<Active>,
    cycle: Id<PayoutCycleId>,
    command: BareCommand,
) -> Result<Answer, Problem> {
    ending::withdraw(&app, &actor, cycle.0, &command.0).await
}
