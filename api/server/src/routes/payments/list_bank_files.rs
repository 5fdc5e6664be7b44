//! `GET /api/v1/coops/{coop}/bank-files`

use actix_web::web::{Data, Query};
use wire::page::{Page, PageQuery};
use wire::payment::BankFileView;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::payments::answers;

/// The files of banks that were brought in, the oldest first, for whoever holds an office.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/bank-files", operation_id = "list_bank_files", tag = "payments",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<BankFileView>),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_bank_files(app: Data<App>, actor: Actor<Active>, page: Query<PageQuery>) -> Result<Answer, Problem> {
    answers::list(&app, &actor, &page).await
}
