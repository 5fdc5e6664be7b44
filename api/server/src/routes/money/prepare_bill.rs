//! `POST /api/v1/coops/{coop}/bills`

use actix_web::web::Data;
use wire::money::{BillView, PrepareBill};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::money;

/// Prepares a supplier's bill, to be approved by others, as many as the bylaws in force say for the amount.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/bills", operation_id = "prepare_bill", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = PrepareBill,
    responses((status = 201, body = BillView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn prepare_bill(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<PrepareBill>,
) -> Result<Answer, Problem> {
    money::prepare_bill(&app, &actor, command).await
}
