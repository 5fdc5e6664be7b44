//! `PUT /api/v1/email-confirmations`

use actix_web::web::Data;
use wire::account::ConfirmationCommand;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::limits::{Attempt, ClientAddress};
use crate::problem::Problem;
use crate::services::accounts;

/// Confirms an address by a mailed link; it signs nobody in.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    put, path = "/api/v1/email-confirmations", operation_id = "confirm_email", tag = "identity",
    request_body = ConfirmationCommand,
    responses((status = 204, description = "The address is confirmed"), (status = 410, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody)),
    security(())
)]
pub async fn confirm_email(
    app: Data<App>,
    client: ClientAddress,
    body: Body<ConfirmationCommand>,
) -> Result<Answer, Problem> {
    app.identity.limits.client(Attempt::Link, client)?;
    accounts::confirm_email(&app, &body.0.token).await?;
    Ok(Answer::nothing())
}
