//! `POST /api/v1/account/wallets`

use actix_web::web::Data;
use wire::problem::ProblemBody;
use wire::sign_in_wallet::{LinkWallet, SignInWalletEntry};

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::email::Email;
use crate::services::{accounts, sign_in_wallets};

/// Links a wallet to the account, to sign in. Its owner is told by mail.
///
/// No Idempotency-Key is needed: the number works once.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/account/wallets", operation_id = "link_wallet", tag = "identity",
    request_body = LinkWallet,
    responses((status = 201, body = SignInWalletEntry), (status = 401, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn link_wallet(
    app: Data<App>,
    signed_in: SignedIn,
    client: ClientAddress,
    body: Body<LinkWallet>,
) -> Result<Answer, Problem> {
    let account = accounts::read(&app, signed_in.account).await?;
    if let Some(email) = Email::read(&account.email) {
        app.identity.limits.account(Attempt::Password, client, &email)?;
    }
    Answer::created(&sign_in_wallets::link(&app, signed_in.account, &body.0).await?)
}
