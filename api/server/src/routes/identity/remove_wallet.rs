//! `DELETE /api/v1/account/wallets/{wallet}`

use actix_web::web::Data;
use governance::id::SignInWalletId;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::sign_in_wallets;

/// Takes a wallet away: it signs in no more. Its owner is told by mail.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    delete, path = "/api/v1/account/wallets/{wallet}", operation_id = "remove_wallet", tag = "identity",
    params(("wallet" = String, Path, format = Uuid)),
    responses((status = 204), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn remove_wallet(app: Data<App>, signed_in: SignedIn, wallet: Id<SignInWalletId>) -> Result<Answer, Problem> {
    sign_in_wallets::remove(&app, signed_in.account, wallet.0).await?;
    Ok(Answer::nothing())
}
