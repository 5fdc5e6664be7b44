//! `GET /api/v1/coops/{coop}/bylaws/{version}`

use actix_web::web::Data;
use wire::coop::BylawsView;
use wire::problem::ProblemBody;

use super::segments::VersionInPath;
use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::bylaws::{self, Version};

/// A version of the bylaws, each rule also as a sentence.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/bylaws/{version}", operation_id = "get_bylaws_version", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("version" = i64, Path)),
    responses((status = 200, body = BylawsView),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_bylaws_version(
    app: Data<App>,
    actor: Actor<Member>,
    version: VersionInPath,
) -> Result<Answer, Problem> {
    bylaws::one(&app, &actor, Version::Number(version.0)).await
}
