//! `POST /api/v1/accounts`

use actix_web::HttpResponse;
use actix_web::web::Data;
use wire::account::{AccountRequest, SessionBody};
use wire::problem::ProblemBody;

use super::cookie;
use crate::app::App;
use crate::http::body::Body;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::accounts;

/// Makes an account from a mailed link or an invitation, and signs in to it.
///
/// The address is the one the token was mailed to, so it counts as confirmed. An invitation stays usable: joining uses it up. No
/// Idempotency-Key is needed: an address has one account, so a repeated request is refused, and signing in goes on from there.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/accounts", operation_id = "create_account", tag = "identity",
    request_body = AccountRequest,
    responses((status = 201, body = SessionBody), (status = 409, body = ProblemBody), (status = 410, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(())
)]
pub async fn create_account(
    app: Data<App>,
    client: ClientAddress,
    body: Body<AccountRequest>,
) -> Result<HttpResponse, Problem> {
    app.identity.limits.client(Attempt::Link, client)?;
    let started = accounts::create(&app, &body.0).await?;
    Ok(cookie::created(&started))
}
