//! `/api/v1/coops/{coop}/webhooks` and what belongs to one.

use actix_web::web::{Data, Query};
use governance::id::WebhookId;
use wire::coop::{NewWebhook, WebhookDelivery, WebhookSecret, WebhookView};
use wire::page::{Page, PageQuery};
use wire::problem::ProblemBody;

use crate::app::App;
use crate::http::actor::{Actor, Overseer, Steward};
use crate::http::answer::Answer;
use crate::http::body::Command;
use crate::http::path::Id;
use crate::problem::Problem;
use crate::services::proposals::Asking;
use crate::services::webhooks;

/// The webhooks of the co-op, ended ones too; stewards and auditors may.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/webhooks", operation_id = "list_webhooks", tag = "webhooks",
    params(("coop" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<WebhookView>),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_webhooks(app: Data<App>, actor: Actor<Overseer>, query: Query<PageQuery>) -> Result<Answer, Problem> {
    webhooks::list(&app, Asking::from(&actor), query.into_inner()).await
}

/// Registers an address that is told what happens; stewards may. Nothing is sent before it has a secret.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    post, path = "/api/v1/coops/{coop}/webhooks", operation_id = "register_webhook", tag = "webhooks",
    params(("coop" = String, Path, format = Uuid),
        ("Idempotency-Key" = String, Header, description = "A fresh random value; the same when the request is repeated")),
    request_body = NewWebhook,
    responses((status = 201, body = WebhookView),
        (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn register_webhook(
    app: Data<App>,
    actor: Actor<Steward>,
    command: Command<NewWebhook>,
) -> Result<Answer, Problem> {
    webhooks::register(&app, Asking::from(&actor), command).await
}

/// Makes the secret that signs a webhook's messages from now on, and shows it this once. The one before ends.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    put, path = "/api/v1/coops/{coop}/webhooks/{webhook}/secret", operation_id = "renew_webhook_secret", tag = "webhooks",
    params(("coop" = String, Path, format = Uuid), ("webhook" = String, Path, format = Uuid)),
    responses((status = 200, body = WebhookSecret),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn renew_webhook_secret(
    app: Data<App>,
    actor: Actor<Steward>,
    webhook: Id<WebhookId>,
) -> Result<Answer, Problem> {
    webhooks::renew_secret(&app, Asking::from(&actor), webhook.0).await
}

/// Ends a webhook. Messages that wait are not sent any more.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    delete, path = "/api/v1/coops/{coop}/webhooks/{webhook}", operation_id = "end_webhook", tag = "webhooks",
    params(("coop" = String, Path, format = Uuid), ("webhook" = String, Path, format = Uuid)),
    responses((status = 204, description = "It is told nothing more"),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn end_webhook(app: Data<App>, actor: Actor<Steward>, webhook: Id<WebhookId>) -> Result<Answer, Problem> {
    webhooks::end(&app, Asking::from(&actor), webhook.0).await
}

/// What became of the messages to a webhook, newest first; stewards and auditors may.
///
/// # Errors
/// The problems listed.
#[utoipa::path(
    get, path = "/api/v1/coops/{coop}/webhooks/{webhook}/deliveries", operation_id = "list_webhook_deliveries",
    tag = "webhooks",
    params(("coop" = String, Path, format = Uuid), ("webhook" = String, Path, format = Uuid), PageQuery),
    responses((status = 200, body = Page<WebhookDelivery>),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody)),
    security(("bearer" = []))
)]
pub async fn list_webhook_deliveries(
    app: Data<App>,
    actor: Actor<Overseer>,
    webhook: Id<WebhookId>,
    query: Query<PageQuery>,
) -> Result<Answer, Problem> {
    webhooks::deliveries(&app, Asking::from(&actor), webhook.0, query.into_inner()).await
}
