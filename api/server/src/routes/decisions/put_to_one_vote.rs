//! `POST /api/v1/coops/{coop}/proposals/{proposal}/joint-vote`

use actix_web::web::Data;
use governance::id::ProposalId;
use wire::decision::{ProposalAnswer, PutToOneVote};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::{Command, MaybeBasedOn};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::alternatives;
use crate::services::proposals::Asking;

/// Puts all proposals on a question that are discussed to one vote, under the rule that the bylaws give for it: a proposal of its own, whose
/// options they are and in which they end.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals/{proposal}/joint-vote", operation_id = "put_to_one_vote", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated"),
        ("If-Match" = Option<String>, Header, description = "The ETag of what was read; where given, nothing is done if it changed since")),
    request_body = PutToOneVote,
    responses((status = 201, body = ProposalAnswer),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 412, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn put_to_one_vote(
    app: Data<App>,
    actor: Actor<Steward>,
    proposal: Id<ProposalId>,
    based_on: MaybeBasedOn,
    command: Command<PutToOneVote>,
) -> Result<Answer, Problem> {
    alternatives::put_to_one_vote(&app, Asking::from(&actor), proposal.0, based_on, command).await
}
