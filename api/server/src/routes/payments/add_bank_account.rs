//! `POST /api/v1/coops/{coop}/bank-accounts`

use actix_web::web::Data;
use wire::payment::{AddBankAccount, BankAccountView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::payments::accounts;

/// Says for which account of a bank an account of the books stands, for the treasurer.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/bank-accounts", operation_id = "add_bank_account", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = AddBankAccount,
    responses((status = 201, body = BankAccountView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn add_bank_account(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<AddBankAccount>,
) -> Result<Answer, Problem> {
    accounts::add(&app, &actor, command).await
}
