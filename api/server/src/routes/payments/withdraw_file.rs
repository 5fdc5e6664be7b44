//! `POST /api/v1/coops/{coop}/payouts/{cycle}/files/{file}/withdrawal`

use actix_web::web::Data;
use governance::id::{PaymentFileId, PayoutCycleId};
use wire::payment::{PaymentFileView, WithdrawPaymentFile};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::files;

/// Withdraws a file that was not released, for whoever holds an office. Its payments are ready again.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payouts/{cycle}/files/{file}/withdrawal", operation_id = "withdraw_payment_file", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), ("file" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = WithdrawPaymentFile,
    responses((status = 200, body = PaymentFileView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn withdraw_payment_file(
    app: Data<App>,
    actor: Actor<Active>,
    cycle: Id<PayoutCycleId>,
    file: Id<PaymentFileId>,
    command: Command<WithdrawPaymentFile>,
) -> Result<Answer, Problem> {
    files::withdraw(&app, &actor, (cycle.0, file.0), command).await
}
