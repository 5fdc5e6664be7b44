//! `POST /api/v1/passkey-challenges`

use actix_web::web::Data;
use wire::passkey::PasskeyChallenge;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::answer::Answer;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::passkeys;

/// Makes a number used once, for a passkey to answer. It works for five minutes.
///
/// No Idempotency-Key is needed: a number that is not used disappears.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/passkey-challenges", operation_id = "create_passkey_challenge", tag = "identity",
    responses((status = 201, body = PasskeyChallenge), (status = 429, body = ProblemBody)),
    security(())
)]
pub async fn create_passkey_challenge(app: Data<App>, client: ClientAddress) -> Result<Answer, Problem> {
    app.identity.limits.client(Attempt::Nonce, client)?;
    Answer::created(&passkeys::challenge(&app).await?)
}
