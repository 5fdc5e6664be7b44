//! `POST /api/v1/coops/{coop}/shares`

use actix_web::web::Data;
use wire::money::{MoveShares, ShareMovementView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::money;

/// Moves shares of a member under the terms: a promise, its payment, its end, the giving back, the refund. It is posted to the books with it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/shares", operation_id = "move_shares", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = MoveShares,
    responses((status = 201, body = ShareMovementView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn move_shares(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<MoveShares>,
) -> Result<Answer, Problem> {
    money::record_shares(&app, &actor, command).await
}
