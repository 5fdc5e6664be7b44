//! Shared AI tools as members see and keep them: keys, the registry, the policy, what is spent. The tools themselves are asked under `/v1`.

pub mod keys;
pub mod reads;
mod segments;
pub mod tool_keys;

use actix_web::web::{ServiceConfig, delete, get, post, put, resource};
use utoipa::OpenApi;

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(paths(
    keys::list_access_keys,
    keys::make_access_key,
    keys::rotate_access_key,
    keys::revoke_access_key,
    reads::read_tools,
    reads::read_allowance,
    reads::list_access_policies,
    reads::list_usage,
    reads::list_owed,
    reads::read_usage_of_day,
    reads::read_invariants,
    tool_keys::give_tool_key,
    tool_keys::take_tool_key,
))]
pub struct Api;

/// Where the tools of a co-op stand.
const ACCESS: &str = "/api/v1/coops/{coop}/access";

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    let at = |rest: &str| resource(format!("{ACCESS}/{rest}"));
    config
        .service(
            at("keys")
                .route(get().to(keys::list_access_keys))
                .route(post().to(keys::make_access_key)),
        )
        .service(at("keys/{access_key}/rotation").route(post().to(keys::rotate_access_key)))
        .service(at("members/{member}/keys/{access_key}").route(delete().to(keys::revoke_access_key)))
        .service(at("tools").route(get().to(reads::read_tools)))
        .service(
            at("tools/{tool}/key")
                .route(put().to(tool_keys::give_tool_key))
                .route(delete().to(tool_keys::take_tool_key)),
        )
        .service(at("allowance").route(get().to(reads::read_allowance)))
        .service(at("policies").route(get().to(reads::list_access_policies)))
        .service(at("usage").route(get().to(reads::list_usage)))
        .service(at("owed").route(get().to(reads::list_owed)))
        .service(at("usage/{day}").route(get().to(reads::read_usage_of_day)))
        .service(at("invariants").route(get().to(reads::read_invariants)));
}
