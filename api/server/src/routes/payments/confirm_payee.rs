//! `POST /api/v1/coops/{coop}/payees/{member}/confirmation`

use actix_web::web::Data;
use governance::id::MemberId;
use wire::payment::{ConfirmPayee, PayeeView};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Active, Actor};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::payments::payees;

/// Confirms where a member wants to be paid, for somebody else who holds an office and asked the member by another way.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/payees/{member}/confirmation", operation_id = "confirm_payee", tag = "payments",
    params(("coop" = String, Path, format = Uuid), ("member" = String, Path, format = Uuid), ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = ConfirmPayee,
    responses((status = 200, body = PayeeView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn confirm_payee(
    app: Data<App>,
    actor: Actor<Active>,
    member: Id<MemberId>,
    command: Command<ConfirmPayee>,
) -> Result<Answer, Problem> {
    payees::confirm(&app, &actor, member.0, command).await
}
