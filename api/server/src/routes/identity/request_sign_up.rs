//! `POST /api/v1/sign-ups`

use actix_web::web::Data;
use wire::account::SignUpRequest;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::accounts;
use crate::services::email::Email;

/// Has a link to make an account mailed to an address.
///
/// The answer is the same whether the address has an account or not; an address that has one is told so by mail. No
/// Idempotency-Key is needed: a repeated request mails another link, and nothing else comes of it.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/sign-ups", operation_id = "request_sign_up", tag = "identity",
    request_body = SignUpRequest,
    responses((status = 202, description = "A mail is on its way"), (status = 422, body = ProblemBody),
        (status = 429, body = ProblemBody)),
    security(())
)]
pub async fn request_sign_up(
    app: Data<App>,
    client: ClientAddress,
    body: Body<SignUpRequest>,
) -> Result<Answer, Problem> {
    let email = Email::parse(&body.0.email)?;
    app.identity.limits.account(Attempt::Mail, client, &email)?;
    accounts::request_sign_up(&app, &email).await?;
    Ok(Answer::accepted())
}
