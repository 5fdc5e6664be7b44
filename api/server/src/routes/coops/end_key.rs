//! `DELETE /api/v1/coops/{coop}/keys/{key}`

use actix_web::web::Data;
use governance::id::VotingKeyId;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::keys;

/// Takes a key of the caller back. Rolls that are frozen keep it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    delete, path = "/api/v1/coops/{coop}/keys/{key}", operation_id = "end_key", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("key" = String, Path, format = Uuid)),
    responses((status = 204),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn end_key(app: Data<App>, actor: Actor<Member>, key: Id<VotingKeyId>) -> Result<Answer, Problem> {
    keys::end(&app, &actor, key.0).await
}
