//! `GET /api/v1/coops/{coop}/money/account`

use actix_web::web::Data;
use wire::money::MemberAccount;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::money;

/// The member's own statement of account: invoices, payments, shares, what is open and what is a credit.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/money/account", operation_id = "get_own_account", tag = "money",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = MemberAccount),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_own_account(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    money::own_account(&app, &actor).await
}
