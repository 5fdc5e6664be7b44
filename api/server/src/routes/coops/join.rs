//! `POST /api/v1/coops/{coop}/memberships`

use actix_web::web::Data;
use governance::id::CoopId;
use wire::coop::{JoinCoop, MemberView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::invitations;

/// Joins by an invitation: its token came by mail and works once.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/memberships", operation_id = "join_coop", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = JoinCoop,
    responses((status = 201, body = MemberView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 410, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn join_coop(
    app: Data<App>,
    signed_in: SignedIn,
    coop: Id<CoopId>,
    command: Command<JoinCoop>,
) -> Result<Answer, Problem> {
    invitations::join(&app, signed_in, coop.0, command).await
}
