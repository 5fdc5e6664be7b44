//! `POST /api/v1/coops/{coop}/journal`

use actix_web::web::Data;
use wire::ledger::{JournalView, PostJournal};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::problem::Problem;
use crate::services::ledger;

/// Posts a transaction to the books by hand, for the treasurer. It never changes; a mistake is undone by another transaction.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/journal", operation_id = "post_journal", tag = "books",
    params(("coop" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = PostJournal,
    responses((status = 201, body = JournalView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn post_journal(
    app: Data<App>,
    actor: Actor<Treasurer>,
    command: Command<PostJournal>,
) -> Result<Answer, Problem> {
    ledger::post(&app, &actor, command).await
}
