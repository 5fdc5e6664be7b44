//! `POST /api/v1/coops/{coop}/payouts/{cycle}/payments/{member}/carry`

use actix_web::web::Data;
use governance::id::{MemberId, PayoutCycleId};
use wire::payment::{CarryPayment, PayoutPaymentView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::by_hand;

/// Gives a payment that nothing pays back to what the member is owed, for the treasurer: the next cycle pays it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payouts/{cycle}/payments/{member}/carry", operation_id = "carry_payment", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), ("member" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = CarryPayment,
    responses((status = 200, body = PayoutPaymentView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn carry_payment(
    app: Data<App>,
    actor: Actor<Treasurer>,
    cycle: Id<PayoutCycleId>,
    member: Id<MemberId>,
    command: Command<CarryPayment>,
) -> Result<Answer, Problem> {
    by_hand::carry(&app, &actor, (cycle.0, member.0), command).await
}
