//! `GET /api/v1/coops/{coop}/payouts`

use actix_web::web::{Data, Query};
use wire::page::{Page, PageQuery};
use wire::payout::PayoutCycleSummary;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::payouts::cycles;

/// The payout cycles, the oldest first.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/payouts", operation_id = "list_payout_cycles", tag = "payouts",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<PayoutCycleSummary>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_payout_cycles(
    app: Data<App>,
    actor: Actor<Member>,
    page: Query<PageQuery>,
) -> Result<Answer, Problem> {
    cycles::list(&app, &actor, &page).await
}
