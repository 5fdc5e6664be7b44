//! How revenue is shared: each file is one endpoint.

pub mod decide_dispute;
pub mod dispute_contribution;
pub mod get_contribution;
pub mod get_contribution_file;
pub mod list_contributions;
pub mod list_rules;
pub mod list_tax_profiles;
pub mod preview_contributions;
pub mod preview_rule;
pub mod set_tax_profile;
pub mod sign_contributions;
pub mod submit_contributions;

use actix_web::web::{ServiceConfig, get, post, resource};
use utoipa::OpenApi;

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(paths(
    list_rules::list_revenue_rules,
    preview_rule::preview_revenue_rule,
    preview_contributions::preview_contributions,
    submit_contributions::submit_contributions,
    list_contributions::list_contributions,
    get_contribution::get_contribution,
    get_contribution_file::get_contribution_file,
    sign_contributions::sign_contributions,
    dispute_contribution::dispute_contribution,
    decide_dispute::decide_dispute,
    list_tax_profiles::list_tax_profiles,
    set_tax_profile::set_tax_profile,
))]
pub struct Api;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    let at = |rest: &str| resource(format!("/api/v1/coops/{{coop}}/{rest}"));
    config
        .service(at("revenue/rules").route(get().to(list_rules::list_revenue_rules)))
        .service(at("revenue/rules/preview").route(post().to(preview_rule::preview_revenue_rule)))
        .service(
            at("tax-profiles")
                .route(get().to(list_tax_profiles::list_tax_profiles))
                .route(post().to(set_tax_profile::set_tax_profile)),
        )
        .service(at("contributions/preview").route(post().to(preview_contributions::preview_contributions)))
        .service(
            at("contributions")
                .route(get().to(list_contributions::list_contributions))
                .route(post().to(submit_contributions::submit_contributions)),
        )
        .service(at("contributions/{contribution}").route(get().to(get_contribution::get_contribution)))
        .service(at("contributions/{contribution}/file").route(get().to(get_contribution_file::get_contribution_file)))
        .service(at("contributions/{contribution}/signature").route(post().to(sign_contributions::sign_contributions)))
        .service(
            at("contributions/{contribution}/disputes").route(post().to(dispute_contribution::dispute_contribution)),
        )
        .service(
            at("contributions/{contribution}/disputes/{member}/ruling")
                .route(post().to(decide_dispute::decide_dispute)),
        );
}
