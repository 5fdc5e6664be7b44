//! `POST /api/v1/coops/{coop}/payouts/{cycle}/files`

use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::payment::{PaymentFileView, PreparePaymentFile};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::files;

/// Prepares a file of every payment that is ready, for the treasurer. Nobody outside is told before somebody else releases it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payouts/{cycle}/files", operation_id = "prepare_payment_file", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = PreparePaymentFile,
    responses((status = 201, body = PaymentFileView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn prepare_payment_file(
    app: Data<App>,
    actor: Actor<Treasurer>,
    cycle: Id<PayoutCycleId>,
    command: Command<PreparePaymentFile>,
) -> Result<Answer, Problem> {
    files::prepare(&app, &actor, cycle.0, command).await
}
