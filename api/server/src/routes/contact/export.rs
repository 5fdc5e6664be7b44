//! `GET /api/v1/coops/{coop}/exports/{file}` and `GET /api/v1/coops/{coop}/proposals/{proposal}/exports/{file}`

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Path};
use futures_util::stream::unfold;
use governance::id::ProposalId;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::proposals::Asking;
use crate::services::tables::{self, File, Table};

/// A table of the co-op to take away: `proposals`, `record`, and for stewards `members`, each as `.csv` or `.json`.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/exports/{file}", operation_id = "export_coop", tag = "exports",
    params(("coop" = String, Path, format = Uuid),
        ("file" = String, Path, description = "`proposals.csv`, `members.json` and so on")),
    responses((status = 200, description = "The table", content_type = "text/csv", body = String),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 503, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn export_coop(
    app: Data<App>,
    actor: Actor<Member>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (table, form) = Table::of_coop(&path.1)?;
    Ok(answer(
        tables::export(app.into_inner(), Asking::from(&actor), table, form).await?,
    ))
}

/// A table of a proposal to take away: `roll`, and once the count is published `ballots` and `tally`, each as `.csv` or `.json`.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/proposals/{proposal}/exports/{file}", operation_id = "export_proposal", tag = "exports",
    params(("coop" = String, Path, format = Uuid), ("proposal" = String, Path, format = Uuid),
        ("file" = String, Path, description = "`roll.csv`, `ballots.json` and so on")),
    responses((status = 200, description = "The table", content_type = "text/csv", body = String),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 503, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn export_proposal(
    app: Data<App>,
    actor: Actor<Member>,
    proposal: Id<ProposalId>,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (table, form) = Table::of_proposal(proposal.0, &path.2)?;
    Ok(answer(
        tables::export(app.into_inner(), Asking::from(&actor), table, form).await?,
    ))
}

fn answer(file: File) -> HttpResponse {
    let pieces = unfold(file.pieces, async |mut pieces| {
        let piece = pieces.recv().await?;
        Some((piece.map(Bytes::from), pieces))
    });
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, file.media))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)))
        .streaming(Box::pin(pieces))
}
