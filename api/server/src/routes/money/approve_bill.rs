//! `POST /api/v1/coops/{coop}/bills/{bill}/approvals`

use actix_web::web::Data;
use governance::id::BillId;
use wire::money::{ApproveBill, BillView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::money;

/// Approves exactly the digest of a bill, for whoever holds an office and did not prepare it. With the last approval that is needed it is posted.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/bills/{bill}/approvals", operation_id = "approve_bill", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("bill" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = ApproveBill,
    responses((status = 200, body = BillView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn approve_bill(
    app: Data<App>,
    actor: Actor<Active>,
    bill: Id<BillId>,
    command: Command<ApproveBill>,
) -> Result<Answer, Problem> {
    money::approve_bill(&app, &actor, bill.0, command).await
}
