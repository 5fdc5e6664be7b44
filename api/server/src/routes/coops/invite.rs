//! `POST /api/v1/coops/{coop}/invitations`

use actix_web::web::Data;
use wire::coop::{InvitationView, InviteMember};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::limits::ClientAddress;
use crate::problem::Problem;
use crate::services::invitations;

/// Invites a person by mail; 200 with the invitation that is open already, where there is one. The answer is the same whether the address is known here or not.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/invitations", operation_id = "invite_member", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = InviteMember,
    responses((status = 201, body = InvitationView),
        (status = 200, body = InvitationView, description = "An invitation to the address is open already; no second mail is sent"),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody),
        (status = 429, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn invite_member(
    app: Data<App>,
    actor: Actor<Steward>,
    client: ClientAddress,
    command: Command<InviteMember>,
) -> Result<Answer, Problem> {
    invitations::invite(&app, &actor, client, command).await
}
