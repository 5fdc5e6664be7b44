//! `POST /api/v1/sessions/wallet`

use actix_web::HttpResponse;
use actix_web::web::Data;
use wire::account::SessionBody;
use wire::problem::ProblemBody;
use wire::sign_in_wallet::WalletSignIn;

use super::cookie;
use crate::app::App;
use crate::http::body::Body;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::sign_in_wallets;

/// Signs in with a wallet, answered as signing in with a password is.
///
/// No Idempotency-Key is needed: the number works once.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/sessions/wallet", operation_id = "sign_in_by_wallet", tag = "identity",
    request_body = WalletSignIn,
    responses((status = 201, body = SessionBody), (status = 401, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 429, body = ProblemBody)),
    security(())
)]
pub async fn sign_in_by_wallet(
    app: Data<App>,
    client: ClientAddress,
    body: Body<WalletSignIn>,
) -> Result<HttpResponse, Problem> {
    app.identity.limits.client(Attempt::Password, client)?;
    Ok(cookie::created(&sign_in_wallets::sign_in(&app, &body.0).await?))
}
