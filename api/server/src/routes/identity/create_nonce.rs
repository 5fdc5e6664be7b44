//! `POST /api/v1/siwe-nonces`

use actix_web::web::Data;
use wire::account::NonceBody;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::answer::Answer;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::wallets;

/// Makes a number used once, for a message that a wallet signs (EIP-4361), and says which chain the message must name. It works
/// for five minutes.
///
/// No Idempotency-Key is needed: a number that is not used disappears.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/siwe-nonces", operation_id = "create_siwe_nonce", tag = "identity",
    responses((status = 201, body = NonceBody), (status = 429, body = ProblemBody)),
    security(())
)]
pub async fn create_siwe_nonce(app: Data<App>, client: ClientAddress) -> Result<Answer, Problem> {
    app.identity.limits.client(Attempt::Nonce, client)?;
    Answer::created(&wallets::issue_nonce(&app).await?)
}
