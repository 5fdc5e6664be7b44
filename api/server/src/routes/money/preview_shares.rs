//! `POST /api/v1/coops/{coop}/shares/preview`

use actix_web::web::Data;
use wire::money::{MoveShares, SharesPreview};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::money;

/// What a move of shares would do, without doing it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/shares/preview", operation_id = "preview_shares", tag = "money",
    params(("coop" = String, Path, format = Uuid)),
    request_body = MoveShares,
    responses((status = 200, body = SharesPreview),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_shares(
    app: Data<App>,
    actor: Actor<Treasurer>,
    body: Body<MoveShares>,
) -> Result<Answer, Problem> {
    money::preview_shares(&app, &actor, body.0).await
}
