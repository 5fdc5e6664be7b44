//! `GET /api/v1/coops/{coop}/years/{year}/summaries.csv`

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Path};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::problem::Problem;
use crate::services::money;

/// What every member got in a year, for a spreadsheet, for who holds an office.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/years/{year}/summaries.csv", operation_id = "export_year_summaries", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("year" = String, Path)),
    responses((status = 200, description = "The table", content_type = "text/csv", body = String),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 503, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn export_year_summaries(
    app: Data<App>,
    actor: Actor<Active>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let text = money::year_file(&app, &actor, money::year(&path.1)?).await?;
    let disposition = format!("attachment; filename=\"{}.csv\"", money::year(&path.1)?);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .body(text))
}
