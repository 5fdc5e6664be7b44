//! `GET /api/v1/coops/{coop}/contributions/{contribution}`

use actix_web::web::Data;
use governance::id::ContributionId;
use wire::problem::ProblemBody;
use wire::revenue::ContributionDetail;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::revenue::contributions;

/// A snapshot of contributions, with one's own dispute; those who hold an office see every dispute.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/contributions/{contribution}", operation_id = "get_contribution", tag = "revenue",
    params(("coop" = String, Path, format = Uuid), ("contribution" = String, Path, format = Uuid)),
    responses((status = 200, body = ContributionDetail),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_contribution(
    app: Data<App>,
    actor: Actor<Member>,
    contribution: Id<ContributionId>,
) -> Result<Answer, Problem> {
    contributions::get(&app, &actor, contribution.0).await
}
