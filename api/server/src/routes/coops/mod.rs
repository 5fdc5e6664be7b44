//! Co-ops and membership: each file is one endpoint.

pub mod apply;
pub mod change_status;
pub mod decide_application;
pub mod end_halt;
pub mod end_key;
pub mod end_role;
pub mod find;
pub mod found;
pub mod get;
pub mod get_bylaws;
pub mod get_bylaws_version;
pub mod get_history;
pub mod get_member;
pub mod get_public_page;
pub mod grant_role;
pub mod halt;
pub mod import_members;
pub mod invite;
pub mod join;
pub mod list_applications;
pub mod list_halts;
pub mod list_invitations;
pub mod list_keys;
pub mod list_members;
pub mod list_mine;
pub mod public_page;
pub mod register_key;
pub mod rename_member;
pub mod revoke_invitation;
mod segments;
pub mod set_public_page;

use actix_web::web::{ServiceConfig, delete, get, patch, post, put, resource};
use utoipa::OpenApi;

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(paths(
    found::found_coop,
    list_mine::list_my_coops,
    find::find_coop,
    public_page::read_public_page,
    get_public_page::get_public_page,
    set_public_page::set_public_page,
    get::get_coop,
    list_members::list_members,
    get_member::get_member,
    rename_member::rename_member,
    change_status::change_member_status,
    grant_role::grant_role,
    end_role::end_role,
    get_history::get_member_history,
    invite::invite_member,
    list_invitations::list_invitations,
    revoke_invitation::revoke_invitation,
    join::join_coop,
    apply::apply_to_coop,
    list_applications::list_applications,
    decide_application::decide_application,
    import_members::import_members,
    list_keys::list_keys,
    register_key::register_key,
    end_key::end_key,
    get_bylaws::get_bylaws,
    get_bylaws_version::get_bylaws_version,
    halt::halt_coop,
    end_halt::end_halt,
    list_halts::list_halts,
))]
pub struct Api;

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(
            resource("/api/v1/coops")
                .route(post().to(found::found_coop))
                .route(get().to(list_mine::list_my_coops)),
        )
        .service(resource("/api/v1/public/{slug}").route(get().to(public_page::read_public_page)))
        .service(
            resource("/api/v1/coops/{coop}/public-page")
                .route(get().to(get_public_page::get_public_page))
                .route(put().to(set_public_page::set_public_page)),
        )
        .service(resource("/api/v1/directory/{slug}").route(get().to(find::find_coop)))
        .service(resource("/api/v1/coops/{coop}").route(get().to(get::get_coop)))
        .service(resource("/api/v1/coops/{coop}/members").route(get().to(list_members::list_members)))
        .service(
            resource("/api/v1/coops/{coop}/members/{member}")
                .route(get().to(get_member::get_member))
                .route(patch().to(rename_member::rename_member)),
        )
        .service(
            resource("/api/v1/coops/{coop}/members/{member}/status")
                .route(post().to(change_status::change_member_status)),
        )
        .service(
            resource("/api/v1/coops/{coop}/members/{member}/roles/{role}")
                .route(put().to(grant_role::grant_role))
                .route(delete().to(end_role::end_role)),
        )
        .service(
            resource("/api/v1/coops/{coop}/members/{member}/history").route(get().to(get_history::get_member_history)),
        )
        .service(
            resource("/api/v1/coops/{coop}/invitations")
                .route(post().to(invite::invite_member))
                .route(get().to(list_invitations::list_invitations)),
        )
        .service(
            resource("/api/v1/coops/{coop}/invitations/{invitation}")
                .route(delete().to(revoke_invitation::revoke_invitation)),
        )
        .service(resource("/api/v1/coops/{coop}/memberships").route(post().to(join::join_coop)))
        .service(
            resource("/api/v1/coops/{coop}/applications")
                .route(post().to(apply::apply_to_coop))
                .route(get().to(list_applications::list_applications)),
        )
        .service(
            resource("/api/v1/coops/{coop}/applications/{application}/decision")
                .route(post().to(decide_application::decide_application)),
        )
        .service(resource("/api/v1/coops/{coop}/member-imports").route(post().to(import_members::import_members)))
        .service(
            resource("/api/v1/coops/{coop}/keys")
                .route(get().to(list_keys::list_keys))
                .route(post().to(register_key::register_key)),
        )
        .service(resource("/api/v1/coops/{coop}/keys/{key}").route(delete().to(end_key::end_key)))
        .service(resource("/api/v1/coops/{coop}/bylaws").route(get().to(get_bylaws::get_bylaws)))
        .service(
            resource("/api/v1/coops/{coop}/bylaws/{version}").route(get().to(get_bylaws_version::get_bylaws_version)),
        )
        .service(
            resource("/api/v1/coops/{coop}/halts")
                .route(get().to(list_halts::list_halts))
                .route(post().to(halt::halt_coop)),
        )
        .service(resource("/api/v1/coops/{coop}/halts/current").route(delete().to(end_halt::end_halt)));
}
