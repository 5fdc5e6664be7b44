//! `POST /api/v1/sessions`

use actix_web::HttpResponse;
use actix_web::web::Data;
use wire::account::{SessionBody, SignInRequest};
use wire::problem::ProblemBody;

use super::cookie;
use crate::app::App;
use crate::http::body::Body;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::email::Email;
use crate::services::sessions;

/// Signs in.
///
/// The access token comes in the body, what prolongs the session in a cookie that scripts cannot read. No Idempotency-Key is
/// needed: a repeated request begins another session, which ends by itself.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/sessions", operation_id = "sign_in", tag = "identity",
    request_body = SignInRequest,
    responses((status = 201, body = SessionBody), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(())
)]
pub async fn sign_in(
    app: Data<App>,
    client: ClientAddress,
    body: Body<SignInRequest>,
) -> Result<HttpResponse, Problem> {
    // A malformed address is one that nobody has; it is refused like any other, after the same work.
    let email = Email::read(&body.0.email);
    match &email {
        Some(email) => app.identity.limits.account(Attempt::Password, client, email)?,
        None => app.identity.limits.client(Attempt::Password, client)?,
    }
    let started = sessions::sign_in(&app, email.as_ref(), &body.0.password).await?;
    Ok(cookie::created(&started))
}
