//! `GET /api/v1/account`

use actix_web::web::Data;
use wire::account::AccountBody;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::accounts;

/// The account of whoever asks.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/account", operation_id = "read_account", tag = "identity",
    responses((status = 200, body = AccountBody), (status = 401, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn read_account(app: Data<App>, signed_in: SignedIn) -> Result<Answer, Problem> {
    Answer::ok(&accounts::read(&app, signed_in.account).await?)
}
