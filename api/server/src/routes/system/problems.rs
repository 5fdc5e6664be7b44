//! What a problem document's `type` leads to: the page that explains this kind of problem.

use actix_web::HttpResponse;
use actix_web::web::Path;
use wire::problem::ProblemKind;

use crate::problem::Problem;

/// The page, as plain text: it is Markdown, and every browser shows it so without a script.
///
/// # Errors
/// 404 for a slug that the table does not have.
pub async fn page(slug: Path<String>) -> Result<HttpResponse, Problem> {
    let kind = ProblemKind::from_slug(&slug).ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(kind.page()))
}
