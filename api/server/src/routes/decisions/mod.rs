//! Proposals, ballots, results: each file is one endpoint.

pub mod cast;

use actix_web::web::{ServiceConfig, post, resource};
use utoipa::OpenApi;

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(paths(cast::cast_ballot))]
pub struct Api;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config.service(resource("/api/v1/coops/{coop}/proposals/{proposal}/ballots").route(post().to(cast::cast_ballot)));
}
