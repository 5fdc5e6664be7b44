//! `DELETE /api/v1/account/passkeys/{passkey}`

use actix_web::web::Data;
use governance::id::PasskeyId;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::passkeys;

/// Takes a passkey away. Its owner is told by mail.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    delete, path = "/api/v1/account/passkeys/{passkey}", operation_id = "remove_passkey", tag = "identity",
    params(("passkey" = String, Path, format = Uuid)),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn remove_passkey(app: Data<App>, signed_in: SignedIn, passkey: Id<PasskeyId>) -> Result<Answer, Problem> {
    passkeys::remove(&app, signed_in.account, passkey.0).await?;
    Ok(Answer::nothing())
}
