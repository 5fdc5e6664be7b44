//! `POST /api/v1/account/passkeys`

use actix_web::web::Data;
use wire::passkey::{AddPasskey, PasskeyEntry};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::email::Email;
use crate::services::{accounts, passkeys};

/// Adds a passkey to the account. Its owner is told by mail.
///
/// No Idempotency-Key is needed: the number works once.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/account/passkeys", operation_id = "add_passkey", tag = "identity",
    request_body = AddPasskey,
    responses((status = 201, body = PasskeyEntry), (status = 401, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn add_passkey(
    app: Data<App>,
    signed_in: SignedIn,
    client: ClientAddress,
    body: Body<AddPasskey>,
) -> Result<Answer, Problem> {
    let account = accounts::read(&app, signed_in.account).await?;
    if let Some(email) = Email::read(&account.email) {
        app.identity.limits.account(Attempt::Password, client, &email)?;
    }
    Answer::created(&passkeys::add(&app, signed_in.account, &body.0).await?)
}
