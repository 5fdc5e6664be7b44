//! `GET /api/v1/coops/{coop}/payouts/{cycle}/payments`

use actix_web::web::{Data, Query};
use governance::id::PayoutCycleId;
use wire::page::{Page, PageQuery};
use wire::payment::PayoutPaymentView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::listing;

/// The payments of a cycle with where each stands, for whoever holds an office.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/payouts/{cycle}/payments", operation_id = "list_payments", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<PayoutPaymentView>),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_payments(
    app: Data<App>,
    actor: Actor<Active>,
    cycle: Id<PayoutCycleId>,
    page: Query<PageQuery>,
) -> Result<Answer, Problem> {
    listing::list(&app, &actor, cycle.0, &page).await
}
