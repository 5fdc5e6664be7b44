//! `GET /api/v1/coops/{coop}/proposals/{proposal}/ballots/mine`

use actix_web::web::{Data, Query};
use governance::id::ProposalId;
use wire::decision::MyBallot;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::proposals::Asking;
use crate::services::published;

/// The caller's own ballots with their receipts, the first one first.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals/{proposal}/ballots/mine", operation_id = "get_my_ballots", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        PageQuery),
    responses((status = 200, body = Page<MyBallot>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_my_ballots(
    app: Data<App>,
    actor: Actor<Member>,
    proposal: Id<ProposalId>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    published::my_ballots(&app, Asking::from(&actor), proposal.0, query.into_inner()).await
}
