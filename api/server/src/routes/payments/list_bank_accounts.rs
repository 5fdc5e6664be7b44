//! `GET /api/v1/coops/{coop}/bank-accounts`

use actix_web::web::Data;
use wire::payment::BankAccountList;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::payments::accounts;

/// For which accounts of banks accounts of the books stand, for whoever holds an office.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/bank-accounts", operation_id = "list_bank_accounts", tag = "payments",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = BankAccountList),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_bank_accounts(app: Data<App>, actor: Actor<Active>) -> Result<Answer, Problem> {
    accounts::list(&app, &actor).await
}
