//! `GET /api/v1/coops/{coop}/tax-profiles`

use actix_web::web::{Data, Query};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;
use wire::revenue::TaxProfileView;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::revenue::taxes;

/// The tax profiles that hold, in the order of members: everybody's for treasurers and auditors, one's own for other members.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/tax-profiles", operation_id = "list_tax_profiles", tag = "revenue",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<TaxProfileView>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_tax_profiles(
    app: Data<App>,
    actor: Actor<Member>,
    page: Query<PageQuery>,
) -> Result<Answer, Problem> {
    taxes::list(&app, &actor, &page).await
}
