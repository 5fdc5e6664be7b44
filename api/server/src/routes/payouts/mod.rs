//! Payout cycles: each file is one endpoint.

pub mod approve_cycle;
pub mod cancel_cycle;
pub mod compute_cycle;
pub mod freeze_cycle;
pub mod get_bundle;
pub mod get_cycle;
pub mod get_statement;
pub mod list_cycles;
pub mod open_cycle;
pub mod post_cycle;
pub mod preview_freeze;
pub mod preview_step;
pub mod propose_cycle;
pub mod verify_cycle;

use actix_web::web::{ServiceConfig, get, post, resource};
use utoipa::OpenApi;

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(paths(
    open_cycle::open_payout_cycle,
    list_cycles::list_payout_cycles,
    get_cycle::get_payout_cycle,
    preview_step::preview_payout_step,
    preview_freeze::preview_payout_freeze,
    freeze_cycle::freeze_payout_cycle,
    compute_cycle::compute_payout_cycle,
    verify_cycle::verify_payout_cycle,
    propose_cycle::propose_payout_cycle,
    approve_cycle::approve_payout_cycle,
    post_cycle::post_payout_cycle,
    cancel_cycle::cancel_payout_cycle,
    get_statement::get_payout_statement,
    get_bundle::get_payout_bundle,
))]
pub struct Api;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    let at = |rest: &str| resource(format!("/api/v1/coops/{{coop}}/payouts{rest}"));
    config
        .service(
            at("")
                .route(get().to(list_cycles::list_payout_cycles))
                .route(post().to(open_cycle::open_payout_cycle)),
        )
        .service(at("/{cycle}").route(get().to(get_cycle::get_payout_cycle)))
        .service(at("/{cycle}/next").route(get().to(preview_step::preview_payout_step)))
        .service(
            at("/{cycle}/freezing")
                .route(get().to(preview_freeze::preview_payout_freeze))
                .route(post().to(freeze_cycle::freeze_payout_cycle)),
        )
        .service(at("/{cycle}/computation").route(post().to(compute_cycle::compute_payout_cycle)))
        .service(at("/{cycle}/verification").route(post().to(verify_cycle::verify_payout_cycle)))
        .service(at("/{cycle}/proposal").route(post().to(propose_cycle::propose_payout_cycle)))
        .service(at("/{cycle}/approvals").route(post().to(approve_cycle::approve_payout_cycle)))
        .service(at("/{cycle}/posting").route(post().to(post_cycle::post_payout_cycle)))
        .service(at("/{cycle}/cancellation").route(post().to(cancel_cycle::cancel_payout_cycle)))
        .service(at("/{cycle}/statement").route(get().to(get_statement::get_payout_statement)))
        .service(at("/{cycle}/bundle").route(get().to(get_bundle::get_payout_bundle)));
}
