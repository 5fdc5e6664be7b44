//! `POST /api/v1/password-resets`

use actix_web::web::Data;
use wire::account::ResetRequest;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::accounts;
use crate::services::email::Email;

/// Has a link to choose a new password mailed, if the address has an account. The link works for an hour and makes earlier ones
/// useless.
///
/// The answer is the same whether the address has an account or not. No Idempotency-Key is needed: a repeated request mails another
/// link.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/password-resets", operation_id = "request_password_reset", tag = "identity",
    request_body = ResetRequest,
    responses((status = 202, description = "If there is an account, a mail is on its way"),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody)),
    security(())
)]
pub async fn request_password_reset(
    app: Data<App>,
    client: ClientAddress,
    body: Body<ResetRequest>,
) -> Result<Answer, Problem> {
    let email = Email::parse(&body.0.email)?;
    app.identity.limits.account(Attempt::Mail, client, &email)?;
    accounts::request_reset(&app, &email).await?;
    Ok(Answer::accepted())
}
