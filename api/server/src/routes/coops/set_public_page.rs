//! `PUT /api/v1/coops/{coop}/public-page`

use actix_web::web::Data;
use wire::coop::{PublicPageSetting, SetPublicPage};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::{BasedOn, Body};
use crate::problem::Problem;
use crate::services::public_page;

/// Sets what the co-op shows to everybody. The first change is based on `"0"`.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    put, path = "/api/v1/coops/{coop}/public-page", operation_id = "set_public_page", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid),
        ("If-Match" = String, Header, description = "The ETag of the version that the change is based on")),
    request_body = SetPublicPage,
    responses((status = 200, body = PublicPageSetting),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 412, body = ProblemBody),
        (status = 422, body = ProblemBody),
        (status = 428, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn set_public_page(
    app: Data<App>,
    actor: Actor<Steward>,
    based_on: BasedOn,
    body: Body<SetPublicPage>,
) -> Result<Answer, Problem> {
    public_page::set(&app, &actor, (based_on, body.0)).await
}
