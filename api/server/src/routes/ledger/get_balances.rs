//! `GET /api/v1/coops/{coop}/ledger/balances`

use actix_web::web::{Data, Query};
use wire::ledger::{BalancesQuery, BalancesView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::ledger;

/// What every account of the books comes to.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/ledger/balances", operation_id = "get_ledger_balances", tag = "books",
    params(("coop" = String, Path, format = Uuid), BalancesQuery),
    responses((status = 200, body = BalancesView),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_ledger_balances(
    app: Data<App>,
    actor: Actor<Member>,
    query: Query<BalancesQuery>,
) -> Result<Answer, Problem> {
    ledger::show_balances(&app, &actor, &query).await
}
