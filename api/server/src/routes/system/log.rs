//! The published logs, as files: C2SP tlog-tiles.

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};

use crate::app::App;
use crate::problem::Problem;
use crate::services::log::files::{Published, read};

/// A checkpoint or a tile of the log with a namespace. Anyone may read it: it holds salted hashes alone.
///
/// # Errors
/// 404 where there is none.
pub async fn file(app: Data<App>, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (namespace, name) = path.into_inner();
    let mut response = HttpResponse::Ok();
    Ok(match read(&app, &namespace, &name).await? {
        Published::Checkpoint(note) => response
            .insert_header((CACHE_CONTROL, "no-cache"))
            .content_type("text/plain; charset=utf-8")
            .body(note),
        Published::Tile(bytes) => response
            .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .content_type("application/octet-stream")
            .body(bytes),
    })
}
