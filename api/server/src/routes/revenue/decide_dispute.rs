//! `POST /api/v1/coops/{coop}/contributions/{contribution}/disputes/{member}/ruling`

use actix_web::web::Data;
use governance::id::{ContributionId, MemberId};
use wire::problem::ProblemBody;
use wire::revenue::{ContributionDetail, DecideDispute};

use crate::app::App;
use crate::http::actor::{Actor, Steward};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::revenue::contributions;

/// Decides a dispute, for a steward who neither brought the figures in nor disputes them.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/contributions/{contribution}/disputes/{member}/ruling", operation_id = "decide_dispute", tag = "revenue",
    params(("coop" = String, Path, format = Uuid), ("contribution" = String, Path, format = Uuid), ("member" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = DecideDispute,
    responses((status = 201, body = ContributionDetail),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn decide_dispute(
    app: Data<App>,
    actor: Actor<Steward>,
    contribution: Id<ContributionId>,
    member: Id<MemberId>,
    command: Command<DecideDispute>,
) -> Result<Answer, Problem> {
    contributions::decide(&app, &actor, (contribution.0, member.0), command).await
}
