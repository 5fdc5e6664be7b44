//! `POST /api/v1/coops/{coop}/payouts/{cycle}/files/preview`

use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::payment::{PaymentFilePreview, PreparePaymentFile};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::files;

/// What preparing a file would put into it, for the treasurer. Nothing is recorded.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payouts/{cycle}/files/preview", operation_id = "preview_payment_file", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid)),
    request_body = PreparePaymentFile,
    responses((status = 200, body = PaymentFilePreview),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_payment_file(
    app: Data<App>,
    actor: Actor<Treasurer>,
    cycle: Id<PayoutCycleId>,
    body: Body<PreparePaymentFile>,
) -> Result<Answer, Problem> {
    files::preview(&app, &actor, cycle.0, &body.0).await
}
