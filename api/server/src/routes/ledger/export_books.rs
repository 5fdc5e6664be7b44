//! `GET /api/v1/coops/{coop}/ledger/exports/{file}`

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Path};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::problem::Problem;
use crate::services::ledger::{self, BookFile};

/// The books to take away, for beancount, hledger or a spreadsheet; the first two assert every balance to the last decimal place.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/ledger/exports/{file}", operation_id = "export_books", tag = "books",
    params(("coop" = String, Path, format = Uuid),
        ("file" = String, Path, description = "`books.beancount`, `books.journal` (hledger) or `books.csv`")),
    responses((status = 200, description = "The books", content_type = "text/plain", body = String),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 503, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn export_books(
    app: Data<App>,
    actor: Actor<Member>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let file = BookFile::named(&path.1)?;
    let text = ledger::export(&app, &actor, file).await?;
    let disposition = format!("attachment; filename=\"{}\"", path.1);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, file.media_type()))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .body(text))
}
