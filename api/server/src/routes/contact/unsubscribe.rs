//! `POST /unsubscribe/{token}`

use actix_web::web::{Data, Path};
use wire::decision::ReminderSettings;
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::services::reminders;

/// Ends reminders by the link of one, without a session (RFC 8058). Reading the address changes nothing: mail programs open links on
/// their own. The link allows nothing else and works as often as it is used.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/unsubscribe/{token}", operation_id = "unsubscribe", tag = "notices",
    params(("token" = String, Path, description = "As the mail holds it")),
    responses((status = 200, body = ReminderSettings),
        (status = 410, body = ProblemBody)),
    security(())
)]
pub async fn unsubscribe(app: Data<App>, token: Path<String>) -> Result<Answer, Problem> {
    reminders::unsubscribe(&app, &token).await
}
