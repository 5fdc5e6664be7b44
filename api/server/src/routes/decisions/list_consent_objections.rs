//! `GET /api/v1/coops/{coop}/proposals/{proposal}/consent-objections`

use actix_web::web::{Data, Query};
use governance::id::ProposalId;
use wire::decision::ConsentObjection;
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::consent_objections;
use crate::services::proposals::Asking;

/// The objections in a vote by consent, each with what was done about it, in the order in which they came. They are told while voting is
/// open, since members must be able to meet them; where ballots are sealed, with the count alone.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals/{proposal}/consent-objections", operation_id = "list_consent_objections",
    tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        PageQuery),
    responses((status = 200, body = Page<ConsentObjection>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_consent_objections(
    app: Data<App>,
    actor: Actor<Member>,
    proposal: Id<ProposalId>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    consent_objections::list(&app, Asking::from(&actor), proposal.0, query.into_inner()).await
}
