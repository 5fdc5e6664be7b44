//! `POST /api/v1/coops/{coop}/proposals/{proposal}/contest-verdicts`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::{AnswerContest, ProposalAnswer};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::{Command, MaybeBasedOn};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::contests;
use crate::services::proposals::Asking;

/// Answers a contest of a result, with a reason that members read; stewards may, but not their own.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals/{proposal}/contest-verdicts", operation_id = "answer_contest", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was read; where given, nothing is done if it changed since")),
    request_body = AnswerContest,
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
pub async fn answer_contest(
    app: Data<App>,
    actor: Actor<Steward>,
    proposal: Id<ProposalId>,
    based_on: MaybeBasedOn,
    command: Command<AnswerContest>,
) -> Result<Answer, Problem> {
    contests::answer_one(&app, Asking::from(&actor), proposal.0, based_on, command).await
}
