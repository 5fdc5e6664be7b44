//! `POST /api/v1/sessions/passkey`

use actix_web::HttpResponse;
use actix_web::web::Data;
use wire::account::SessionBody;
use wire::passkey::PasskeySignIn;
use wire::problem::ProblemBody;

use super::cookie;
use crate::app::App;
use crate::http::body::Body;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::passkeys;

/// Signs in with a passkey, answered as signing in with a password is.
///
/// No Idempotency-Key is needed: the number works once.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/sessions/passkey", operation_id = "sign_in_by_passkey", tag = "identity",
    request_body = PasskeySignIn,
    responses((status = 201, body = SessionBody), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 429, body = ProblemBody)),
    security(())
)]
pub async fn sign_in_by_passkey(
    app: Data<App>,
    client: ClientAddress,
    body: Body<PasskeySignIn>,
) -> Result<HttpResponse, Problem> {
    app.identity.limits.client(Attempt::Password, client)?;
    Ok(cookie::created(&passkeys::sign_in(&app, &body.0).await?))
}
