//! `GET /api/v1/coops/{coop}/money/arrears`

use actix_web::web::{Data, Query};
use wire::money::ArrearsView;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::money;

/// The members who owe something or have a credit, for who holds an office.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/money/arrears", operation_id = "list_arrears", tag = "money",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<ArrearsView>),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_arrears(app: Data<App>, actor: Actor<Active>, page: Query<PageQuery>) -> Result<Answer, Problem> {
    money::arrears(&app, &actor, &page).await
}
