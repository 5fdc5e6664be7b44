//! `POST /api/v1/coops/{coop}/payouts/{cycle}/issue`

use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::payment::PaymentProgress;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::BareCommand;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::issuing;

/// Sets aside what a posted cycle pays, for the treasurer, so that it is paid one by one and no later cycle pays it again.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payouts/{cycle}/issue", operation_id = "issue_payments", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    responses((status = 200, body = PaymentProgress),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn issue_payments(
    app: Data<App>,
    actor: Actor<Treasurer>,
    cycle: Id<PayoutCycleId>,
    command: BareCommand,
) -> Result<Answer, Problem> {
    issuing::issue(&app, &actor, cycle.0, &command.0).await
}
