//! `PUT /api/v1/password-resets`

use actix_web::web::Data;
use wire::account::ResetCommand;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::accounts;

/// Chooses a new password by a mailed link. Every session ends; sign in with the new password afterwards.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    put, path = "/api/v1/password-resets", operation_id = "reset_password", tag = "identity",
    request_body = ResetCommand,
    responses((status = 204, description = "The password is the new one"), (status = 410, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 503, body = ProblemBody)),
    security(())
)]
pub async fn reset_password(
    app: Data<App>,
    client: ClientAddress,
    body: Body<ResetCommand>,
) -> Result<Answer, Problem> {
    app.identity.limits.client(Attempt::Link, client)?;
    accounts::reset_password(&app, &body.0).await?;
    Ok(Answer::nothing())
}
