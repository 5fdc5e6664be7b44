//! `GET /api/v1/coops/{coop}/payouts/{cycle}/evidence`

use actix_web::web::{Data, Query};
use governance::id::PayoutCycleId;
use wire::page::{Page, PageQuery};
use wire::payment::PaymentEvidenceView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::by_hand;

/// The evidence of payments of a cycle, the oldest first, for whoever holds an office.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/payouts/{cycle}/evidence", operation_id = "list_payment_evidence", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("cycle" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<PaymentEvidenceView>),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_payment_evidence(
    app: Data<App>,
    actor: Actor<Active>,
    cycle: Id<PayoutCycleId>,
    page: Query<PageQuery>,
) -> Result<Answer, Problem> {
    by_hand::list(&app, &actor, cycle.0, &page).await
}
