//! `POST /api/v1/coops/{coop}/proposals/{proposal}/adoptions`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::{AdoptAlternative, ProposalAnswer};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::{Command, MaybeBasedOn};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::alternatives;
use crate::services::proposals::Asking;

/// Takes the texts and actions of an alternative over into a proposal, which its author alone does: a friendly amendment. The alternative ends.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals/{proposal}/adoptions", operation_id = "adopt_alternative", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was read; where given, nothing is done if it changed since")),
    request_body = AdoptAlternative,
    responses((status = 200, body = ProposalAnswer),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 412, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn adopt_alternative(
    app: Data<App>,
    actor: Actor<Active>,
    proposal: Id<ProposalId>,
    based_on: MaybeBasedOn,
    command: Command<AdoptAlternative>,
) -> Result<Answer, Problem> {
    alternatives::adopt(&app, Asking::from(&actor), proposal.0, based_on, command).await
}
