//! What members say and what they are told: discussion, inbox, reminders. Each file is one endpoint.

pub mod edit_comment;
pub mod get_reminders;
pub mod list_comment_versions;
pub mod list_comments;
pub mod post_comment;
pub mod read_inbox;
pub mod remove_comment;
pub mod set_reminders;
pub mod unsubscribe;

use actix_web::web::{ServiceConfig, get, patch, post, put, resource, to};
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
))]
pub struct Api;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    let comments = "/api/v1/coops/{coop}/proposals/{proposal}/comments";
    config
        .service(
            resource("/api/v1/coops/{coop}/reminders")
                .route(get().to(get_reminders::get_reminders))
                .route(put().to(set_reminders::set_reminders)),
        )
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
