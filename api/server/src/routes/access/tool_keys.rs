//! `/api/v1/coops/{coop}/access/tools/{tool}/key`: the key of the co-op at a provider.

use actix_web::web::Data;
use governance::id::UpstreamId;
use wire::access::GiveToolKey;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::access::registry;
use crate::services::proposals::Asking;

/// Gives the key of the co-op at a tool; stewards may. It is sealed and never shown; a changed address of the tool forgets it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    put, path = "/api/v1/coops/{coop}/access/tools/{tool}/key", operation_id = "give_tool_key", tag = "access",
    params(("coop" = String, Path, format = Uuid), ("tool" = String, Path, format = Uuid)),
    request_body = GiveToolKey,
    responses((status = 204, description = "The tool has a key"),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn give_tool_key(
    app: Data<App>,
    actor: Actor<Steward>,
    tool: Id<UpstreamId>,
    body: Body<GiveToolKey>,
) -> Result<Answer, Problem> {
    registry::give_key(&app, Asking::from(&actor), tool.0, body.0).await
}

/// Takes the key of the co-op at a tool back; stewards may.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    delete, path = "/api/v1/coops/{coop}/access/tools/{tool}/key", operation_id = "take_tool_key", tag = "access",
    params(("coop" = String, Path, format = Uuid), ("tool" = String, Path, format = Uuid)),
    responses((status = 204, description = "The tool has no key"),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn take_tool_key(app: Data<App>, actor: Actor<Steward>, tool: Id<UpstreamId>) -> Result<Answer, Problem> {
    registry::take_key(&app, Asking::from(&actor), tool.0).await
}
