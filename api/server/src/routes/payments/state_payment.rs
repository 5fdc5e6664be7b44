//! `POST /api/v1/coops/{coop}/payouts/{cycle}/payments/{member}/evidence`

use actix_web::web::Data;
use governance::id::{MemberId, PayoutCycleId};
use wire::payment::{PaymentEvidenceView, StatePayment};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::by_hand;

/// States what became of a payment that is made by hand, or of which the bank does not speak, with evidence, for the treasurer. It counts
/// once another person found it right.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payouts/{cycle}/payments/{member}/evidence", operation_id = "state_payment", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), ("member" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = StatePayment,
    responses((status = 201, body = PaymentEvidenceView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn state_payment(
    app: Data<App>,
    actor: Actor<Treasurer>,
    cycle: Id<PayoutCycleId>,
    member: Id<MemberId>,
    command: Command<StatePayment>,
) -> Result<Answer, Problem> {
    by_hand::state(&app, &actor, (cycle.0, member.0), command).await
}
