//! `GET /api/v1/coops/{coop}/invitations`

use actix_web::web::{Data, Query};
use wire::coop::InvitationView;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::invitations;

/// The invitations of the co-op, oldest first.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/invitations", operation_id = "list_invitations", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<InvitationView>),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_invitations(
    app: Data<App>,
    actor: Actor<Steward>,
    page: Query<PageQuery>,
) -> Result<Answer, Problem> {
    invitations::list(&app, &actor, &page).await
}
