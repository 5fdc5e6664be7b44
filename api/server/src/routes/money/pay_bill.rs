//! `POST /api/v1/coops/{coop}/bills/{bill}/payment`

use actix_web::web::Data;
use governance::id::BillId;
use wire::money::{BillView, PayBill};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::money;

/// Records the payment of an approved bill, if enough of those who approved still hold an office.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/bills/{bill}/payment", operation_id = "pay_bill", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("bill" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = PayBill,
    responses((status = 200, body = BillView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn pay_bill(
    app: Data<App>,
    actor: Actor<Treasurer>,
    bill: Id<BillId>,
    command: Command<PayBill>,
) -> Result<Answer, Problem> {
    money::pay_bill(&app, &actor, bill.0, command).await
}
