//! What members say and what they are told: discussion, inbox, reminders, feeds, tables to take away, webhooks. Each file is one endpoint.

pub mod edit_comment;
pub mod export;
pub mod feeds;
pub mod get_reminders;
pub mod list_comment_versions;
pub mod list_comments;
pub mod post_comment;
pub mod read_inbox;
pub mod remove_comment;
pub mod set_reminders;
pub mod unsubscribe;
pub mod webhooks;

use actix_web::web::{ServiceConfig, delete, get, patch, post, put, resource, to};
use utoipa::OpenApi;

use crate::routes::system::portal::portal;

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(paths(
    list_comments::list_comments,
    post_comment::post_comment,
    edit_comment::edit_comment,
    list_comment_versions::list_comment_versions,
    remove_comment::remove_comment,
    read_inbox::read_inbox,
    get_reminders::get_reminders,
    set_reminders::set_reminders,
    unsubscribe::unsubscribe,
    feeds::get_feeds,
    feeds::renew_feeds,
    feeds::end_feeds,
    feeds::read_calendar,
    feeds::read_feed,
    export::export_coop,
    export::export_proposal,
    webhooks::list_webhooks,
    webhooks::register_webhook,
    webhooks::renew_webhook_secret,
    webhooks::end_webhook,
    webhooks::list_webhook_deliveries,
))]
pub struct Api;

/// Where one webhook stands.
const WEBHOOK: &str = "/api/v1/coops/{coop}/webhooks/{webhook}";

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    let comments = "/api/v1/coops/{coop}/proposals/{proposal}/comments";
    config
        .service(
            resource("/api/v1/coops/{coop}/reminders")
                .route(get().to(get_reminders::get_reminders))
                .route(put().to(set_reminders::set_reminders)),
        )
        .service(
            resource("/api/v1/coops/{coop}/feeds")
                .route(get().to(feeds::get_feeds))
                .route(put().to(feeds::renew_feeds))
                .route(delete().to(feeds::end_feeds)),
        )
        .service(resource("/api/v1/feeds/{token}/calendar.ics").route(get().to(feeds::read_calendar)))
        .service(resource("/api/v1/feeds/{token}/atom.xml").route(get().to(feeds::read_feed)))
        .service(resource("/api/v1/coops/{coop}/exports/{file}").route(get().to(export::export_coop)))
        .service(
            resource("/api/v1/coops/{coop}/proposals/{proposal}/exports/{file}")
                .route(get().to(export::export_proposal)),
        )
        .service(
            resource("/api/v1/coops/{coop}/webhooks")
                .route(get().to(webhooks::list_webhooks))
                .route(post().to(webhooks::register_webhook)),
        )
        .service(resource(WEBHOOK).route(delete().to(webhooks::end_webhook)))
        .service(resource(format!("{WEBHOOK}/secret")).route(put().to(webhooks::renew_webhook_secret)))
        .service(resource(format!("{WEBHOOK}/deliveries")).route(get().to(webhooks::list_webhook_deliveries)))
        // Reading it shows a page of the portal, which asks before it sends.
        .service(
            resource("/unsubscribe/{token}")
                .route(post().to(unsubscribe::unsubscribe))
                .default_service(to(portal)),
        )
        .service(resource("/api/v1/inbox").route(get().to(read_inbox::read_inbox)))
        .service(
            resource(comments)
                .route(get().to(list_comments::list_comments))
                .route(post().to(post_comment::post_comment)),
        )
        .service(resource(format!("{comments}/{{comment}}")).route(patch().to(edit_comment::edit_comment)))
        .service(
            resource(format!("{comments}/{{comment}}/versions"))
                .route(get().to(list_comment_versions::list_comment_versions)),
        )
        .service(resource(format!("{comments}/{{comment}}/removal")).route(post().to(remove_comment::remove_comment)));
}
