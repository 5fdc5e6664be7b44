//! `PUT /api/v1/account/password`

use actix_web::HttpResponse;
use actix_web::web::Data;
use wire::account::{PasswordChange, SessionBody};
use wire::problem::ProblemBody;

use super::cookie;
use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::body::Body;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::accounts;
use crate::services::email::Email;

/// Changes the password.
///
/// Every session ends, also the one that asks; the answer is a fresh one for it. A mail tells the owner.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    put, path = "/api/v1/account/password", operation_id = "change_password", tag = "identity",
    request_body = PasswordChange,
    responses((status = 200, body = SessionBody), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn change_password(
    app: Data<App>,
    signed_in: SignedIn,
    client: ClientAddress,
    body: Body<PasswordChange>,
) -> Result<HttpResponse, Problem> {
    let account = accounts::read(&app, signed_in.account).await?;
    if let Some(email) = Email::read(&account.email) {
        app.identity.limits.account(Attempt::Password, client, &email)?;
    }
    let started = accounts::change_password(&app, signed_in, &body.0).await?;
    Ok(cookie::ok(&started))
}
