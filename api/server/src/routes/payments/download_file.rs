//! `GET /api/v1/coops/{coop}/payouts/{cycle}/files/{file}/transfers.xml`

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Data;
use governance::id::{PaymentFileId, PayoutCycleId};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::files;

/// A released file as the bank takes it (`pain.001`), for whoever holds an office: the same bytes each time. Keep it as you keep a payroll.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/payouts/{cycle}/files/{file}/transfers.xml", operation_id = "download_payment_file", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), ("file" = String, Path, format = Uuid)),
    responses((status = 200, description = "The file", content_type = "application/xml", body = String),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn download_payment_file(
    app: Data<App>,
    actor: Actor<Active>,
    cycle: Id<PayoutCycleId>,
    file: Id<PaymentFileId>,
) -> Result<HttpResponse, Problem> {
    let message = files::write(&app, &actor, (cycle.0, file.0)).await?;
    let disposition = format!("attachment; filename=\"{}.xml\"", message.id);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/xml"))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .body(message.xml))
}
