//! `POST /api/v1/coops/{coop}/usage-invoices/preview`

use actix_web::web::Data;
use wire::money::{ChargeUsage, UsagePreview};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::money;

/// What charging for the use of the tools would do, member by member, without doing it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/usage-invoices/preview", operation_id = "preview_usage", tag = "money",
    params(("coop" = String, Path, format = Uuid)),
    request_body = ChargeUsage,
    responses((status = 200, body = UsagePreview),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_usage(
    app: Data<App>,
    actor: Actor<Treasurer>,
    body: Body<ChargeUsage>,
) -> Result<Answer, Problem> {
    money::preview_usage(&app, &actor, body.0).await
}
