//! `GET /api/v1/directory/{slug}`

use actix_web::web::{Data, Path};
use wire::coop::DirectoryEntry;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::MaybeSignedIn;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::coops;

/// A co-op by its short name: for anyone where its bylaws admit applications, else for its members.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/directory/{slug}", operation_id = "find_coop", tag = "co-ops",
    params(("slug" = String, Path)),
    responses((status = 200, body = DirectoryEntry),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security((), ("bearer" = []))
)]
pub async fn find_coop(app: Data<App>, signed_in: MaybeSignedIn, slug: Path<String>) -> Result<Answer, Problem> {
    coops::directory(&app, signed_in.0, &slug).await
}
