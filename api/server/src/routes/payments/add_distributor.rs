//! `POST /api/v1/coops/{coop}/distributors`

use actix_web::web::Data;
use wire::payment::{AddDistributor, DistributorView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::payments::distributors;

/// Says for which contract an account of the books stands, for the treasurer: members claim from it. It must be there and unused.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/distributors", operation_id = "add_distributor", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = AddDistributor,
    responses((status = 201, body = DistributorView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn add_distributor(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<AddDistributor>,
) -> Result<Answer, Problem> {
    distributors::add(&app, &actor, command).await
}
