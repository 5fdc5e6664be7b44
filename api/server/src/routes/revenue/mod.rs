//! How revenue is shared: each file is one endpoint.

pub mod list_rules;
pub mod preview_rule;

use actix_web::web::{ServiceConfig, get, post, resource};
use utoipa::OpenApi;

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(paths(list_rules::list_revenue_rules, preview_rule::preview_revenue_rule))]
pub struct Api;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    let at = |rest: &str| resource(format!("/api/v1/coops/{{coop}}/revenue/{rest}"));
    config
        .service(at("rules").route(get().to(list_rules::list_revenue_rules)))
        .service(at("rules/preview").route(post().to(preview_rule::preview_revenue_rule)));
}
