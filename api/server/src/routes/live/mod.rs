//! What open pages are told as it happens.

pub mod follow;

use actix_web::web::{ServiceConfig, get, resource};
use utoipa::OpenApi;

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(
    paths(follow::follow),
    components(schemas(wire::live::LiveProposal, wire::live::LiveCycle))
)]
pub struct Api;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(resource("/api/v1/coops/{coop}/live").route(get().to(follow::follow)));
}
