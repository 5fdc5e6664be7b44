//! `GET /api/v1/coops/{coop}/proposals/{proposal}/roll`

use actix_web::web::{Data, Query};
use governance::id::ProposalId;
use wire::decision::RollEntry;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::proposals::Asking;
use crate::services::published;

/// Who may vote, with which keys: the roll as it was frozen when voting opened. Empty before.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals/{proposal}/roll", operation_id = "get_roll", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        PageQuery),
    responses((status = 200, body = Page<RollEntry>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_roll(
    app: Data<App>,
    actor: Actor<Member>,
    proposal: Id<ProposalId>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    published::roll(&app, Asking::from(&actor), proposal.0, query.into_inner()).await
}
