//! `POST /api/v1/coops/{coop}/proposals/{proposal}/ballots`

use actix_web::web::Data;
use governance::id::{CoopId, ProposalId};
use wire::ballot::{BallotReceipt, CastBallot};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::MaybeToken;
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::casting::{self, Caster};

/// Casts a ballot, or replaces the one cast before; the last one before voting closes counts.
///
/// With a session no signature is needed: the server attests the ballot. With the signature of a key on the roll no session is
/// needed. The answer is a receipt; it comes only after the ballot is stored for good.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/proposals/{proposal}/ballots", operation_id = "cast_ballot", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = CastBallot,
    responses((status = 201, body = BallotReceipt), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)),
    security((), ("bearer" = []))
)]
pub async fn cast_ballot(
    app: Data<App>,
    coop: Id<CoopId>,
    proposal: Id<ProposalId>,
    token: MaybeToken,
    command: Command<CastBallot>,
) -> Result<Answer, Problem> {
    let caster = token.0.map_or(Caster::Key, Caster::Token);
    casting::cast(&app, (coop.0, proposal.0), caster, command).await
}
