//! `POST /api/v1/coops/{coop}/journal/{journal}/reversal`

use actix_web::web::Data;
use governance::id::JournalId;
use wire::ledger::{JournalView, ReverseJournal};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Treasurer};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::ledger;

/// Undoes a transaction of the books, for the treasurer: another one with the opposite entries, once.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/journal/{journal}/reversal", operation_id = "reverse_journal", tag = "books",
    params(("coop" = String, Path, format = Uuid), ("journal" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = ReverseJournal,
    responses((status = 201, body = JournalView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn reverse_journal(
    app: Data<App>,
    actor: Actor<Treasurer>,
    journal: Id<JournalId>,
    command: Command<ReverseJournal>,
) -> Result<Answer, Problem> {
    ledger::reverse(&app, &actor, journal.0, command).await
}
