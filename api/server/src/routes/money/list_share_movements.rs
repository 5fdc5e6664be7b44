//! `GET /api/v1/coops/{coop}/shares`

use actix_web::web::{Data, Query};
use wire::money::ShareMovementView;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::money;

/// Every move of shares, the newest first.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/shares", operation_id = "list_share_movements", tag = "money",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<ShareMovementView>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_share_movements(
    app: Data<App>,
    actor: Actor<Member>,
    page: Query<PageQuery>,
) -> Result<Answer, Problem> {
    money::history(&app, &actor, &page).await
}
