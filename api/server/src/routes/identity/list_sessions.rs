//! `GET /api/v1/sessions`

use actix_web::web::{Data, Query};
use wire::account::SessionEntry;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::sessions;

/// The sessions of whoever asks, oldest first.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/sessions", operation_id = "list_sessions", tag = "identity",
    params(PageQuery),
    responses((status = 200, body = Page<SessionEntry>), (status = 401, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_sessions(app: Data<App>, signed_in: SignedIn, query: Query<PageQuery>) -> Result<Answer, Problem> {
    Answer::ok(&sessions::list(&app, signed_in, &query).await?)
}
