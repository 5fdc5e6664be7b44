//! `POST /api/v1/coops/{coop}/usage-invoices`

use actix_web::web::Data;
use wire::money::{ChargeUsage, UsageCharged};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::money;

/// Charges what members owe for their use of the tools: an invoice for each, of what no invoice asked for before.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/usage-invoices", operation_id = "charge_usage", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = ChargeUsage,
    responses((status = 201, body = UsageCharged),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn charge_usage(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<ChargeUsage>,
) -> Result<Answer, Problem> {
    money::charge_usage(&app, &actor, command).await
}
