//! `POST /api/v1/coops/{coop}/incoming-payments/preview`

use actix_web::web::Data;
use wire::money::{IncomingPaymentView, ReceivePayment};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::money;

/// What a payment of invoices would settle, without recording it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/incoming-payments/preview", operation_id = "preview_incoming_payment", tag = "money",
    params(("coop" = String, Path, format = Uuid)),
    request_body = ReceivePayment,
    responses((status = 200, body = IncomingPaymentView),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_incoming_payment(
    app: Data<App>,
    actor: Actor<Treasurer>,
    body: Body<ReceivePayment>,
) -> Result<Answer, Problem> {
    money::preview_payment(&app, &actor, body.0).await
}
