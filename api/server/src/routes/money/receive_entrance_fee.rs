//! `POST /api/v1/coops/{coop}/entrance-fees`

use actix_web::web::Data;
use wire::money::{DocumentView, ReceiveFee};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::money;

/// Records the entrance fee of a member, once, with its receipt.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/entrance-fees", operation_id = "receive_entrance_fee", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = ReceiveFee,
    responses((status = 201, body = DocumentView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn receive_entrance_fee(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<ReceiveFee>,
) -> Result<Answer, Problem> {
    money::receive_fee(&app, &actor, command).await
}
