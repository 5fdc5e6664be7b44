//! `GET /api/v1/public/{slug}`

use actix_web::web::{Data, Path};
use wire::coop::PublicPage;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::public_page;

/// What a co-op shows to everybody, by its short name.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/public/{slug}", operation_id = "read_public_page", tag = "co-ops",
    params(("slug" = String, Path)),
    responses((status = 200, body = PublicPage), (status = 404, body = ProblemBody)),
    security(())
)]
pub async fn read_public_page(app: Data<App>, slug: Path<String>) -> Result<Answer, Problem> {
    public_page::page(&app, &slug).await
}
