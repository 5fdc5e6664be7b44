//! `GET /api/v1/coops/{coop}/shares/register.csv`

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Query};
use wire::money::RegisterQuery;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::problem::Problem;
use crate::services::money;

/// The register of shares as it stood at the end of a day, for a spreadsheet.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/shares/register.csv", operation_id = "export_share_register", tag = "money",
    params(("coop" = String, Path, format = Uuid), RegisterQuery),
    responses((status = 200, description = "The table", content_type = "text/csv", body = String),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn export_share_register(
    app: Data<App>,
    actor: Actor<Member>,
    query: Query<RegisterQuery>,
) -> Result<HttpResponse, Problem> {
    let text = money::register_file(&app, &actor, &query).await?;
    let disposition = "attachment; filename=\"register.csv\"";
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .body(text))
}
