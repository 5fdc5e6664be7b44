//! `POST /api/v1/email-confirmations`

use actix_web::web::Data;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::SignedIn;
use crate::http::answer::Answer;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::accounts;
use crate::services::email::Email;

/// Has a link to confirm the address of whoever asks mailed, unless it is confirmed already.
///
/// No Idempotency-Key is needed: a repeated request mails another link.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/email-confirmations", operation_id = "request_email_confirmation", tag = "identity",
    responses((status = 202, description = "A mail is on its way where one is needed"),
        (status = 401, body = ProblemBody), (status = 429, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn request_email_confirmation(
    app: Data<App>,
    signed_in: SignedIn,
    client: ClientAddress,
) -> Result<Answer, Problem> {
    let account = accounts::read(&app, signed_in.account).await?;
    if let Some(email) = Email::read(&account.email) {
        app.identity.limits.account(Attempt::Mail, client, &email)?;
    }
    accounts::request_confirmation(&app, signed_in.account).await?;
    Ok(Answer::accepted())
}
