//! `POST /api/v1/coops/{coop}/money/terms/preview`

use actix_web::web::Data;
use wire::money::{MoneyTermsPreview, PreviewMoneyTerms};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::money;

/// Looks at a draft of terms before a vote: its hash, its words, and whether it follows the newest version.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/money/terms/preview", operation_id = "preview_money_terms", tag = "money",
    params(("coop" = String, Path, format = Uuid)),
    request_body = PreviewMoneyTerms,
    responses((status = 200, body = MoneyTermsPreview),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_money_terms(
    app: Data<App>,
    actor: Actor<Active>,
    body: Body<PreviewMoneyTerms>,
) -> Result<Answer, Problem> {
    money::terms::preview(&app, &actor, body.0).await
}
