//! What members read about the tools.

use actix_web::web::{Data, Query};
use wire::access::{Allowances, Invariants, OwedView, PolicyVersion, Registry, UsageOfDay, UsageView};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use super::segments::DayInPath;
use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::access::{owing, reads};
use crate::services::proposals::Asking;

/// All tools and models with their prices, the proposals that set them, and whether the member may use them.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/access/tools", operation_id = "read_tools", tag = "access",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = Registry),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn read_tools(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    reads::registry(&app, Asking::from(&actor)).await
}

/// What the member may still use, and which proposal set each limit. Of what fewer than five share, what is spent is not shown.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/access/allowance", operation_id = "read_allowance", tag = "access",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = Allowances),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn read_allowance(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    reads::allowance(&app, Asking::from(&actor)).await
}

/// The versions of the policy of use, newest first, with the proposals that set each line.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/access/policies", operation_id = "list_access_policies", tag = "access",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<PolicyVersion>),
        (status = 401, body = ProblemBody),
        (status = 422, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_access_policies(
    app: Data<App>,
    actor: Actor<Member>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    reads::policies(&app, Asking::from(&actor), query.into_inner()).await
}

/// The member's own calls, newest first.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/access/usage", operation_id = "list_usage", tag = "access",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<UsageView>),
        (status = 401, body = ProblemBody),
        (status = 422, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_usage(app: Data<App>, actor: Actor<Member>, query: Query<PageQuery>) -> Result<Answer, Problem> {
    reads::usage(&app, Asking::from(&actor), query.into_inner()).await
}

/// What the member owes in money for what was used, at the voted rate, newest first.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/access/owed", operation_id = "list_owed", tag = "access",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<OwedView>),
        (status = 401, body = ProblemBody),
        (status = 422, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_owed(app: Data<App>, actor: Actor<Member>, query: Query<PageQuery>) -> Result<Answer, Problem> {
    owing::list(&app, Asking::from(&actor), query.into_inner()).await
}

/// What all members together used on a day that is over, of each model that at least five used.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/access/usage/{day}", operation_id = "read_usage_of_day", tag = "access",
    params(("coop" = String, Path, format = Uuid), ("day" = String, Path, description = "A day that is over, in UTC: 2026-11-26")),
    responses((status = 200, body = UsageOfDay),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn read_usage_of_day(app: Data<App>, actor: Actor<Member>, day: DayInPath) -> Result<Answer, Problem> {
    reads::usage_of_day(&app, Asking::from(&actor), day.0).await
}

/// Whether the books agree with themselves at this instant: what is held is the sum of the open holds.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/access/invariants", operation_id = "read_invariants", tag = "access",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = Invariants),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn read_invariants(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    reads::checked(&app, Asking::from(&actor)).await
}
