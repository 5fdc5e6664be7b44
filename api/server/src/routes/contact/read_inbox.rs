//! `GET /api/v1/inbox`

use actix_web::web::{Data, Query};
use wire::decision::{InboxItem, InboxQuery};
use wire::page::Page;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::inbox;

/// The open votes of all one's co-ops in which one is on the roll and has not voted, the nearest deadline first; with `scheduled`
/// instead those that will open by themselves.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/inbox", operation_id = "read_inbox", tag = "decisions",
    params(InboxQuery),
    responses((status = 200, body = Page<InboxItem>),
        (status = 401, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn read_inbox(app: Data<App>, signed_in: SignedIn, query: Query<InboxQuery>) -> Result<Answer, Problem> {
    inbox::inbox(&app, signed_in, &query).await
}
