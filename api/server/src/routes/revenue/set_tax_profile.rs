//! `POST /api/v1/coops/{coop}/tax-profiles`

use actix_web::web::Data;
use wire::problem::ProblemBody;
use wire::revenue::{SetTaxProfile, TaxProfileView};

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::revenue::taxes;

/// Says which tax profile a member has, as revenue rules call it, for a treasurer who is another one. What was set before stays on
/// record.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/tax-profiles", operation_id = "set_tax_profile", tag = "revenue",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = SetTaxProfile,
    responses((status = 201, body = TaxProfileView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn set_tax_profile(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<SetTaxProfile>,
) -> Result<Answer, Problem> {
    taxes::set(&app, &actor, command).await
}
