//! `GET /api/v1/coops/{coop}/contributions/{contribution}/file`

use actix_web::web::Data;
use governance::id::ContributionId;
use wire::problem::ProblemBody;
use wire::revenue::ContributionFile;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::revenue::signing;

/// A snapshot as a file for `rochdale-audit contributions`, for whoever holds an office: its lines, its record, who signed it, and where the
/// log holds that. Keep it as you keep a payroll.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/contributions/{contribution}/file", operation_id = "get_contribution_file", tag = "revenue",
    params(("coop" = String, Path, format = Uuid), ("contribution" = String, Path, format = Uuid)),
    responses((status = 200, body = ContributionFile),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_contribution_file(
    app: Data<App>,
    actor: Actor<Active>,
    contribution: Id<ContributionId>,
) -> Result<Answer, Problem> {
    signing::file(&app, &actor, contribution.0).await
}
