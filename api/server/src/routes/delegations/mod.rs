//! Delegations and proxies: each file is one endpoint.

pub mod cast_proxies;
pub mod get_report;
pub mod give;
pub mod list;
pub mod list_cast_for_me;
pub mod list_proxies;
pub mod list_received;
pub mod revoke;
mod segments;

use actix_web::web::{ServiceConfig, delete, get, post, resource};
use utoipa::OpenApi;

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(paths(
    give::give_delegation,
    list::list_delegations,
    list_received::list_received_delegations,
    revoke::revoke_delegation,
    get_report::get_delegate_report,
    cast_proxies::cast_proxy_ballots,
    list_cast_for_me::list_proxy_ballots_for_me,
    list_proxies::list_proxies_held,
))]
pub struct Api;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    const PROPOSAL: &str = "/api/v1/coops/{coop}/proposals/{proposal}";
    config
        .service(
            resource("/api/v1/coops/{coop}/delegations")
                .route(post().to(give::give_delegation))
                .route(get().to(list::list_delegations)),
        )
        .service(
            resource("/api/v1/coops/{coop}/delegations/received")
                .route(get().to(list_received::list_received_delegations)),
        )
        .service(resource("/api/v1/coops/{coop}/delegations/{scope}").route(delete().to(revoke::revoke_delegation)))
        .service(
            resource("/api/v1/coops/{coop}/members/{member}/delegate-report")
                .route(get().to(get_report::get_delegate_report)),
        )
        .service(resource(format!("{PROPOSAL}/proxy-ballots")).route(post().to(cast_proxies::cast_proxy_ballots)))
        .service(
            resource(format!("{PROPOSAL}/proxy-ballots/mine"))
                .route(get().to(list_cast_for_me::list_proxy_ballots_for_me)),
        )
        .service(resource(format!("{PROPOSAL}/proxies")).route(get().to(list_proxies::list_proxies_held)));
}
