//! `POST /api/v1/coops/{coop}/revenue/rules/preview`

use actix_web::web::Data;
use wire::problem::ProblemBody;
use wire::revenue::{PreviewRevenueRule, RevenueRulePreview};

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::revenue::rules;

/// Looks at a draft of the revenue rule before anybody votes: its hash, its words in both languages, what its legal profile says of it,
/// and what a proposal must name for it to follow the newest version. Nothing is adopted.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/revenue/rules/preview", operation_id = "preview_revenue_rule", tag = "revenue",
    params(("coop" = String, Path, format = Uuid)),
    request_body = PreviewRevenueRule,
    responses((status = 200, body = RevenueRulePreview),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn preview_revenue_rule(
    app: Data<App>,
    actor: Actor<Active>,
    body: Body<PreviewRevenueRule>,
) -> Result<Answer, Problem> {
    rules::preview(&app, &actor, body.0).await
}
