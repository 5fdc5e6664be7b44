//! `DELETE /api/v1/sessions/current`

use actix_web::HttpResponse;
use actix_web::web::Data;
use wire::problem::ProblemBody;

use super::cookie;
use crate::app::App;
use crate::http::actor::SignedIn;
use crate::problem::Problem;
use crate::services::sessions;

/// Signs out on this device.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    delete, path = "/api/v1/sessions/current", operation_id = "sign_out", tag = "identity",
    responses((status = 204, description = "The session has ended"), (status = 401, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn sign_out(app: Data<App>, signed_in: SignedIn) -> Result<HttpResponse, Problem> {
    sessions::end_current(&app, signed_in).await?;
    Ok(cookie::cleared())
}
