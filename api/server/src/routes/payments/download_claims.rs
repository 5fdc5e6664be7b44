//! `GET /api/v1/coops/{coop}/payouts/{cycle}/files/{file}/claims.txt`

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Data;
use governance::id::{PaymentFileId, PayoutCycleId};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::claims;

/// A list of claims, for whoever holds an office: the same bytes each time, for `rochdale-audit claims`.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/payouts/{cycle}/files/{file}/claims.txt", operation_id = "download_claims", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), ("file" = String, Path, format = Uuid)),
    responses((status = 200, description = "The list", content_type = "text/plain", body = String),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn download_claims(
    app: Data<App>,
    actor: Actor<Active>,
    cycle: Id<PayoutCycleId>,
    file: Id<PaymentFileId>,
) -> Result<HttpResponse, Problem> {
    let list = claims::list(&app, &actor, (cycle.0, file.0)).await?;
    let disposition = format!("attachment; filename=\"{}.txt\"", file.0);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .body(list))
}
