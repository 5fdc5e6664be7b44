//! `POST /api/v1/coops/{coop}/shares/interest/{year}`

use actix_web::web::{Data, Path};
use wire::money::InterestView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::BareCommand;
use crate::problem::Problem;
use crate::services::money;

/// Credits the interest of a year that is over to what members are owed, once.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/shares/interest/{year}", operation_id = "credit_share_interest", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("year" = String, Path), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    responses((status = 201, body = InterestView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn credit_share_interest(
    app: Data<App>,
    actor: Actor<Treasurer>,
    path: Path<(String, String)>,
    command: BareCommand,
) -> Result<Answer, Problem> {
    money::credit_interest(&app, &actor, money::year(&path.1)?, &command.0).await
}
