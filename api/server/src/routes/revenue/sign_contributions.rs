//! `POST /api/v1/coops/{coop}/contributions/{contribution}/signature`

use actix_web::web::Data;
use governance::id::ContributionId;
use wire::ballot::BallotSignature;
use wire::problem::ProblemBody;
use wire::revenue::ContributionView;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::revenue::signing;

/// Signs the record of a snapshot, for who brought it in: the EIP-712 digest of its `ContributionsV1`, by a key that is registered here.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/contributions/{contribution}/signature", operation_id = "sign_contributions", tag = "revenue",
    params(("coop" = String, Path, format = Uuid), ("contribution" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = BallotSignature,
    responses((status = 201, body = ContributionView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn sign_contributions(
    app: Data<App>,
    actor: Actor<Active>,
    contribution: Id<ContributionId>,
    command: Command<BallotSignature>,
) -> Result<Answer, Problem> {
    signing::sign(&app, &actor, contribution.0, command).await
}
