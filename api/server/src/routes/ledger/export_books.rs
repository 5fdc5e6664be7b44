//! `GET /api/v1/coops/{coop}/ledger/exports/{file}`

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Path};
use futures_util::stream::unfold;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::problem::Problem;
use crate::services::ledger::{BookFile, book_named};

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
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn export_books(
    app: Data<App>,
    actor: Actor<Member>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (format, media) = book_named(&path.1)?;
    let file = BookFile::begin(app.into_inner(), &actor, format).await?;
    let parts = unfold(Some(file), async |file| {
        let mut file = file?;
        match file.part().await {
            Ok(part) => Some((Ok(Bytes::from(part?)), Some(file))),
            // What was sent cannot be taken back: the file breaks off, and the client sees that it is not whole.
            Err(problem) => Some((Err(problem), None)),
        }
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", path.1)))
        .streaming(Box::pin(parts)))
}
