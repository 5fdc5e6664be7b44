//! `POST /api/v1/coops/{coop}/contributions/preview`

use actix_web::web::Data;
use wire::problem::ProblemBody;
use wire::revenue::{ContributionPreview, SubmitContributions};

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::revenue::contributions;

/// What bringing a table of contributions in would do, for the treasurer. Nothing is recorded.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/contributions/preview", operation_id = "preview_contributions", tag = "revenue",
    params(("coop" = String, Path, format = Uuid)),
    request_body = SubmitContributions,
    responses((status = 200, body = ContributionPreview),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_contributions(
    app: Data<App>,
    actor: Actor<Treasurer>,
    body: Body<SubmitContributions>,
) -> Result<Answer, Problem> {
    contributions::preview(&app, &actor, body.0).await
}
