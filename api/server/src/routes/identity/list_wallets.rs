//! `GET /api/v1/account/wallets`

use actix_web::web::Data;
use wire::problem::ProblemBody;
use wire::sign_in_wallet::SignInWalletList;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::sign_in_wallets;

/// The wallets that sign in whoever asks, oldest first.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/account/wallets", operation_id = "list_wallets", tag = "identity",
    responses((status = 200, body = SignInWalletList), (status = 401, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_wallets(app: Data<App>, signed_in: SignedIn) -> Result<Answer, Problem> {
    Answer::ok(&sign_in_wallets::list(&app, signed_in.account).await?)
}
