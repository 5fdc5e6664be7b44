//! `POST /api/v1/coops/{coop}/member-imports`

use actix_web::web::Data;
use wire::coop::{ImportMembers, ImportedMembers};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::imports;

/// Enters up to a thousand members by their public keys, all or none. A steward vouches for the keys.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/member-imports", operation_id = "import_members", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = ImportMembers,
    responses((status = 201, body = ImportedMembers),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 413, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn import_members(
    app: Data<App>,
    actor: Actor<Steward>,
    command: Command<ImportMembers>,
) -> Result<Answer, Problem> {
    imports::import(&app, &actor, command).await
}
