//! `POST /api/v1/coops/{coop}/proposals/{proposal}/contests`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::{ProposalAnswer, RaiseContest};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::body::{Command, MaybeBasedOn};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::contests;
use crate::services::proposals::Asking;

/// Contests a result within the time that the bylaws give: what was carried waits until a steward answers.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals/{proposal}/contests", operation_id = "contest_result", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was read; where given, nothing is done if it changed since")),
    request_body = RaiseContest,
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
pub async fn contest_result(
    app: Data<App>,
    actor: Actor<Member>,
    proposal: Id<ProposalId>,
    based_on: MaybeBasedOn,
    command: Command<RaiseContest>,
) -> Result<Answer, Problem> {
    contests::raise(&app, Asking::from(&actor), proposal.0, based_on, command).await
}
