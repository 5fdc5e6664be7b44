//! `GET /api/v1/coops/{coop}/proposals/{proposal}/ballots/mine/receipt`

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::Data;
use governance::id::ProposalId;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::member_receipts;
use crate::services::proposals::Asking;

/// The receipt file of the caller's last ballot, for `rochdale-audit receipt`: the question, the ballot with its salt, the keys that
/// the roll holds for the caller, the server's word, the place in the log and, once there is a result, the place in the count.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals/{proposal}/ballots/mine/receipt", operation_id = "get_member_receipt",
    tag = "decisions",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid)),
    responses((status = 200, description = "A receipt file, as docs/record.md has it", content_type = "application/json",
            body = Object),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_member_receipt(
    app: Data<App>,
    actor: Actor<Member>,
    proposal: Id<ProposalId>,
) -> Result<HttpResponse, Problem> {
    let receipt = member_receipts::member_receipt(&app, Asking::from(&actor), proposal.0).await?;
    Ok(HttpResponse::Ok()
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", receipt.name),
        ))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(receipt.file))
}
