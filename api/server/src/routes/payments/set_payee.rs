//! `POST /api/v1/coops/{coop}/payee`

use actix_web::web::Data;
use wire::payment::{PayeeView, SetPayee};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::payments::payees;

/// Says where the member wants to be paid. It is sealed, and holds payments to the member for a week, or until somebody who holds an
/// office confirms it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payee", operation_id = "set_payee", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = SetPayee,
    responses((status = 201, body = PayeeView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn set_payee(app: Data<App>, actor: Actor<Active>, command: Command<SetPayee>) -> Result<Answer, Problem> {
    payees::set(&app, &actor, command).await
}
