//! `POST /api/v1/coops/{coop}/contributions/{contribution}/disputes`

use actix_web::web::Data;
use governance::id::ContributionId;
use wire::problem::ProblemBody;
use wire::revenue::{ContributionDetail, DisputeContribution};

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::revenue::contributions;

/// Says that one's own line is wrong or missing, while the time for it lasts. The figures are not used before that is decided.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/contributions/{contribution}/disputes", operation_id = "dispute_contribution", tag = "revenue",
    params(("coop" = String, Path, format = Uuid), ("contribution" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = DisputeContribution,
    responses((status = 201, body = ContributionDetail),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn dispute_contribution(
    app: Data<App>,
    actor: Actor<Active>,
    contribution: Id<ContributionId>,
    command: Command<DisputeContribution>,
) -> Result<Answer, Problem> {
    contributions::dispute(&app, &actor, contribution.0, command).await
}
