//! `POST /api/v1/coops/{coop}/payouts/{cycle}/evidence/{evidence}/verdict`

use actix_web::web::Data;
use governance::id::{PaymentStatementId, PayoutCycleId};
use wire::payment::{JudgeEvidence, PaymentEvidenceView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::by_hand;

/// Says whether evidence is right, for somebody who holds an office and did not bring it. What is right ends the payment.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payouts/{cycle}/evidence/{evidence}/verdict", operation_id = "judge_payment_evidence", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), ("evidence" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = JudgeEvidence,
    responses((status = 200, body = PaymentEvidenceView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn judge_payment_evidence(
    app: Data<App>,
    actor: Actor<Active>,
    cycle: Id<PayoutCycleId>,
    evidence: Id<PaymentStatementId>,
    command: Command<JudgeEvidence>,
) -> Result<Answer, Problem> {
    by_hand::judge(&app, &actor, (cycle.0, evidence.0), command).await
}
