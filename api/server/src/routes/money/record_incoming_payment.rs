//! `POST /api/v1/coops/{coop}/incoming-payments`

use actix_web::web::Data;
use wire::money::{IncomingPaymentView, ReceivePayment};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::money;

/// Records a payment of invoices, once by its reference: the named invoice first, then those that are due first; the rest is a credit of the member.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/incoming-payments", operation_id = "record_incoming_payment", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = ReceivePayment,
    responses((status = 201, body = IncomingPaymentView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn record_incoming_payment(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<ReceivePayment>,
) -> Result<Answer, Problem> {
    money::record_payment(&app, &actor, command).await
}
