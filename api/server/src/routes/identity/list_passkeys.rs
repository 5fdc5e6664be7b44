//! `GET /api/v1/account/passkeys`

use actix_web::web::Data;
use wire::passkey::PasskeyList;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::passkeys;

/// The passkeys of whoever asks, oldest first.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/account/passkeys", operation_id = "list_passkeys", tag = "identity",
    responses((status = 200, body = PasskeyList), (status = 401, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_passkeys(app: Data<App>, signed_in: SignedIn) -> Result<Answer, Problem> {
    Answer::ok(&passkeys::list(&app, signed_in.account).await?)
}
