//! `GET /api/v1/coops/{coop}/shares/register`

use actix_web::web::{Data, Query};
use wire::money::{RegisterQuery, ShareRegister};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::money;

/// The register of shares as it stood at the end of a day.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/shares/register", operation_id = "get_share_register", tag = "money",
    params(("coop" = String, Path, format = Uuid), RegisterQuery),
    responses((status = 200, body = ShareRegister),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_share_register(
    app: Data<App>,
    actor: Actor<Member>,
    query: Query<RegisterQuery>,
) -> Result<Answer, Problem> {
    money::register(&app, &actor, &query).await
}
