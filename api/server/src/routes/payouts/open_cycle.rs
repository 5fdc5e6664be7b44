//! `POST /api/v1/coops/{coop}/payouts`

use actix_web::web::Data;
use wire::payout::{OpenPayoutCycle, PayoutCycleView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::payouts::cycles;

/// Opens a payout cycle under the revenue rule in force, for the treasurer. One cycle is under way at a time.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payouts", operation_id = "open_payout_cycle", tag = "payouts",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = OpenPayoutCycle,
    responses((status = 201, body = PayoutCycleView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn open_payout_cycle(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<OpenPayoutCycle>,
) -> Result<Answer, Problem> {
    cycles::open(&app, &actor, command).await
}
