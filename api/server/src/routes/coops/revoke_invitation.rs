//! `DELETE /api/v1/coops/{coop}/invitations/{invitation}`

use actix_web::web::Data;
use governance::id::InvitationId;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::invitations;

/// Takes back an invitation that nobody used.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    delete, path = "/api/v1/coops/{coop}/invitations/{invitation}", operation_id = "revoke_invitation", tag = "co-ops",
    params(("coop" = String, Path, format = Uuid), ("invitation" = String, Path, format = Uuid)),
    responses((status = 204),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn revoke_invitation(
    app: Data<App>,
    actor: Actor<Steward>,
    invitation: Id<InvitationId>,
) -> Result<Answer, Problem> {
    invitations::revoke(&app, &actor, invitation.0).await
}
