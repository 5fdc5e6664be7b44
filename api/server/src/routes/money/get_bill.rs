//! `GET /api/v1/coops/{coop}/bills/{bill}`

use actix_web::web::Data;
use governance::id::BillId;
use wire::money::BillView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::money;

/// A supplier's bill, for who holds an office.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/bills/{bill}", operation_id = "get_bill", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("bill" = String, Path, format = Uuid)),
    responses((status = 200, body = BillView),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_bill(app: Data<App>, actor: Actor<Active>, bill: Id<BillId>) -> Result<Answer, Problem> {
    money::get_bill(&app, &actor, bill.0).await
}
