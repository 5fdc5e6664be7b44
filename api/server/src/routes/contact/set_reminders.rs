//! `PUT /api/v1/coops/{coop}/reminders`

use actix_web::web::Data;
use wire::decision::ReminderSettings;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::http::body::Body;
use crate::problem::Problem;
use crate::services::proposals::Asking;
use crate::services::reminders;

/// Says when to be reminded by mail of votes in this co-op in which one has not voted.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    put, path = "/api/v1/coops/{coop}/reminders", operation_id = "set_reminders", tag = "notices",
    params(("coop" = String, Path, format = Uuid)),
    request_body = ReminderSettings,
    responses((status = 200, body = ReminderSettings),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn set_reminders(
    app: Data<App>,
    actor: Actor<Member>,
    body: Body<ReminderSettings>,
) -> Result<Answer, Problem> {
    reminders::change(&app, Asking::from(&actor), body.0).await
}
