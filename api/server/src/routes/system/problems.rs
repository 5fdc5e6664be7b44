//! What a problem document's `type` leads to: the page that explains this kind of problem.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_LANGUAGE;
use actix_web::web::{Path, Query};
use serde::Deserialize;
use wire::problem::{PageLanguage, ProblemKind};

use crate::problem::Problem;

/// How the page is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The language of who reads it; English unless said.
    #[serde(default)]
    language: PageLanguage,
}

/// The page, as plain text: it is Markdown, and every browser shows it so without a script.
///
/// # Errors
/// 404 for a slug that the table does not have, 422 for a language in which there are no pages.
pub async fn page(slug: Path<String>, asked: Query<Asked>) -> Result<HttpResponse, Problem> {
    let kind = ProblemKind::from_slug(&slug).ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((CONTENT_LANGUAGE, asked.language.tag()))
        .body(kind.page(asked.language)))
}
