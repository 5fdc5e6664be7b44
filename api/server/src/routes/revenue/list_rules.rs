//! `GET /api/v1/coops/{coop}/revenue/rules`

use actix_web::web::{Data, Query};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;
use wire::revenue::RevenueRuleVersion;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::revenue::rules;

/// The versions of the rule by which revenue is shared, newest first: in words, with the hash and the proposal that adopted each.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/revenue/rules", operation_id = "list_revenue_rules", tag = "revenue",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<RevenueRuleVersion>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_revenue_rules(
    app: Data<App>,
    actor: Actor<Member>,
    page: Query<PageQuery>,
) -> Result<Answer, Problem> {
    rules::list(&app, &actor, &page).await
}
