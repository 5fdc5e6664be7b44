//! `POST /api/v1/coops/{coop}/proposals/{proposal}/consent-objections`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::{ConsentObjection, TakeObjectionStep};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::consent_objections;
use crate::services::proposals::Asking;

/// Does something about an objection in a vote by consent: a steward who did not raise it accepts or dismisses it or leaves it standing,
/// another member appeals against a dismissal, who raised it withdraws it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals/{proposal}/consent-objections", operation_id = "judge_consent_objection",
    tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = TakeObjectionStep,
    responses((status = 200, body = ConsentObjection),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn judge_consent_objection(
    app: Data<App>,
    actor: Actor<Active>,
    proposal: Id<ProposalId>,
    command: Command<TakeObjectionStep>,
) -> Result<Answer, Problem> {
    consent_objections::take(&app, Asking::from(&actor), proposal.0, command).await
}
