//! `GET /api/v1/coops/{coop}/reminders`

use actix_web::web::Data;
use wire::decision::ReminderSettings;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Member};
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::proposals::Asking;
use crate::services::reminders;

/// When the caller is reminded by mail of votes in this co-op.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/reminders", operation_id = "get_reminders", tag = "notices",
    params(("coop" = String, Path, format = Uuid)),
    responses((status = 200, body = ReminderSettings),
        (status = 401, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn get_reminders(app: Data<App>, actor: Actor<Member>) -> Result<Answer, Problem> {
    reminders::read(&app, Asking::from(&actor)).await
}
