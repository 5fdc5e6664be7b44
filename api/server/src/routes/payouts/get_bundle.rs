//! `GET /api/v1/coops/{coop}/payouts/{cycle}/bundle`

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Data;
use governance::id::PayoutCycleId;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payouts::bundles;

/// A computed cycle as a file for `rochdale-audit allocate`, for whoever holds an office: the rule, the frozen inputs, what each step gave
/// to whom, and the digests. Keep it as you keep a payroll.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/payouts/{cycle}/bundle", operation_id = "get_payout_bundle", tag = "payouts",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid)),
    responses((status = 200, description = "JSON lines", content_type = "application/x-ndjson", body = String),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 503, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_payout_bundle(
    app: Data<App>,
    actor: Actor<Active>,
    cycle: Id<PayoutCycleId>,
) -> Result<HttpResponse, Problem> {
    let id = cycle.0;
    let text = bundles::write(&app, &actor, id).await?;
    let disposition = format!("attachment; filename=\"payout-{id}.jsonl\"");
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/x-ndjson"))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .body(text))
}
