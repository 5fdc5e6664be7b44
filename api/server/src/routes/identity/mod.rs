//! Routes of this area; each file is one endpoint.

use actix_web::web::ServiceConfig;
use utoipa::OpenApi;

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(paths())]
pub struct Api;

/// Registers the routes.
pub fn configure(_config: &mut ServiceConfig) {}
