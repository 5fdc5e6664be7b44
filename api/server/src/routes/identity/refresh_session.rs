//! `POST /api/v1/sessions/refresh`

use actix_web::HttpResponse;
use actix_web::web::Data;
use wire::account::SessionBody;
use wire::problem::ProblemBody;

use super::cookie::{self, RefreshCookie};
use super::same_site::SameSite;
use crate::app::App;
use crate::problem::Problem;
use crate::services::sessions;

/// Prolongs the session: a fresh access token, and a new cookie in place of the old one.
///
/// The one route that reads a cookie. Requests that race get the same new cookie; a cookie that comes back later was copied, and its
/// session ends.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/sessions/refresh", operation_id = "refresh_session", tag = "identity",
    params(("X-Rochdale-Refresh" = String, Header, description = "Always 1; a form of another site cannot send it")),
    responses((status = 201, body = SessionBody), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)),
    security(("refresh" = []))
)]
pub async fn refresh_session(
    app: Data<App>,
    _same_site: SameSite,
    token: RefreshCookie,
) -> Result<HttpResponse, Problem> {
    let started = sessions::refresh(&app, token.0).await?;
    Ok(cookie::created(&started))
}
