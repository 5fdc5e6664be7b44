//! `PATCH /api/v1/account`

use actix_web::web::Data;
use wire::account::{AccountBody, AccountPatch};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::accounts;

/// Changes how the person wishes to be called.
///
/// No If-Match is needed: nobody but the owner changes it, and it is one field.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    patch, path = "/api/v1/account", operation_id = "change_account", tag = "identity",
    request_body = AccountPatch,
    responses((status = 200, body = AccountBody), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn change_account(app: Data<App>, signed_in: SignedIn, body: Body<AccountPatch>) -> Result<Answer, Problem> {
    Answer::ok(&accounts::change(&app, signed_in.account, &body.0).await?)
}
