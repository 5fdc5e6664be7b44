//! `GET /api/v1/coops/{coop}/money/terms`

use actix_web::web::Data;
use wire::money::MoneyTermsVersions;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::money;

/// The terms of money that the members decided: shares, fees and dues; the newest version first.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/money/terms", operation_id = "list_money_terms", tag = "money",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = MoneyTermsVersions),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_money_terms(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    money::terms::list(&app, &actor).await
}
