//! What operators, monitors and programmers ask of the server itself.

pub mod health;
pub mod log;
pub mod metrics;
pub mod openapi;
pub mod portal;
pub mod problems;

use actix_web::web::{ServiceConfig, get, resource};

/// Registers what a worker answers.
pub fn configure_for_monitoring(config: &mut ServiceConfig) {
    config
        .service(resource("/healthz").route(get().to(health::alive)))
        .service(resource("/metrics").route(get().to(metrics::metrics)));
}

/// Registers the routes; the portal comes last, since it answers every other address.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(resource("/healthz").route(get().to(health::alive)))
        .service(resource("/readyz").route(get().to(health::ready)))
        .service(resource("/metrics").route(get().to(metrics::metrics)))
        .service(resource("/log/{namespace}/{name:.+}").route(get().to(log::file)))
        .service(resource("/problems/{slug}").route(get().to(problems::page)))
        .service(resource("/api/openapi.json").route(get().to(openapi::openapi)));
}
