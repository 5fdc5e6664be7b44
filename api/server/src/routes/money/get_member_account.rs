//! `GET /api/v1/coops/{coop}/members/{member}/account`

use actix_web::web::Data;
use governance::id::MemberId;
use wire::money::MemberAccount;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::money;

/// The statement of account of a member: one's own, and everybody's for who holds an office.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/members/{member}/account", operation_id = "get_member_account", tag = "money",
    params(("coop" = String, Path, format = Uuid), ("member" = String, Path, format = Uuid)),
    responses((status = 200, body = MemberAccount),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_member_account(app: Data<App>, actor: Actor<Member>, member: Id<MemberId>) -> Result<Answer, Problem> {
    money::account_of(&app, &actor, member.0).await
}
