//! `GET /api/v1/coops/{coop}/proposals/{proposal}/bundle`

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data};
use futures_util::stream::unfold;
use governance::id::ProposalId;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::bundles;
use crate::services::proposals::Asking;

/// All the evidence of a published decision in one file, for `rochdale-audit verify`; 409 before the count is published.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals/{proposal}/bundle", operation_id = "get_bundle", tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid)),
    responses((status = 200, description = "gzip over JSON lines", content_type = "application/gzip", body = Vec<u8>),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 503, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_bundle(
    app: Data<App>,
    actor: Actor<Member>,
    proposal: Id<ProposalId>,
) -> Result<HttpResponse, Problem> {
    let bundle = bundles::bundle(app.into_inner(), Asking::from(&actor), proposal.0).await?;
    let pieces = unfold(bundle.pieces, async |mut pieces| {
        let piece = pieces.recv().await?;
        Some((piece.map(Bytes::from), pieces))
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/gzip"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", bundle.name)))
        .streaming(Box::pin(pieces)))
}
