//! `DELETE /api/v1/sessions`

use actix_web::HttpResponse;
use actix_web::web::Data;
use wire::problem::ProblemBody;

use super::cookie;
use crate::app::App;
use crate::http::actor::SignedIn;
use crate::problem::Problem;
use crate::services::sessions;

/// Signs out on every device, this one included.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    delete, path = "/api/v1/sessions", operation_id = "sign_out_everywhere", tag = "identity",
    responses((status = 204, description = "Every session has ended"), (status = 401, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn sign_out_everywhere(app: Data<App>, signed_in: SignedIn) -> Result<HttpResponse, Problem> {
    sessions::end_all(&app, signed_in).await?;
    Ok(cookie::cleared())
}
