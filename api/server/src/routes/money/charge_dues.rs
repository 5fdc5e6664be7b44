//! `POST /api/v1/coops/{coop}/dues`

use actix_web::web::Data;
use wire::money::{ChargeDues, DuesCharged};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::money;

/// Charges the dues of a period under the terms: an invoice for each active member of a class with dues who was not charged before.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/dues", operation_id = "charge_dues", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = ChargeDues,
    responses((status = 201, body = DuesCharged),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn charge_dues(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<ChargeDues>,
) -> Result<Answer, Problem> {
    money::charge_dues(&app, &actor, command).await
}
