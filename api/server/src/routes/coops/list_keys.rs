//! `GET /api/v1/coops/{coop}/keys`

use actix_web::web::{Data, Query};
use wire::coop::KeyView;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::keys;

/// The caller's own voting keys, those taken back included.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/keys", operation_id = "list_keys", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<KeyView>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_keys(app: Data<App>, actor: Actor<Member>, page: Query<PageQuery>) -> Result<Answer, Problem> {
    keys::list(&app, &actor, &page).await
}
