//! `GET /api/v1/coops/{coop}/claims`

use actix_web::web::Data;
use wire::payment::ClaimList;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::payments::claims;

/// What the member may claim on a chain, with the proof and the message that anybody can send for it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/claims", operation_id = "get_claims", tag = "payments",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = ClaimList),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_claims(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    claims::own(&app, &actor).await
}
