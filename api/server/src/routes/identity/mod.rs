//! Accounts and sessions; each file is one endpoint.

pub mod add_passkey;
pub mod change_account;
pub mod change_password;
pub mod confirm_email;
pub mod cookie;
pub mod create_account;
pub mod create_nonce;
pub mod create_passkey_challenge;
pub mod key_set;
pub mod link_wallet;
pub mod list_passkeys;
pub mod list_sessions;
pub mod list_wallets;
pub mod read_account;
pub mod refresh_session;
pub mod remove_passkey;
pub mod remove_wallet;
pub mod request_email_confirmation;
pub mod request_password_reset;
pub mod request_sign_up;
pub mod reset_password;
pub mod same_site;
pub mod sign_in;
pub mod sign_in_by_passkey;
pub mod sign_in_by_wallet;
pub mod sign_out;
pub mod sign_out_everywhere;

use actix_web::web::{ServiceConfig, delete, get, patch, post, put, resource};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// The endpoints described.
#[derive(OpenApi)]
#[openapi(
    paths(
        request_sign_up::request_sign_up,
        create_account::create_account,
        read_account::read_account,
        change_account::change_account,
        change_password::change_password,
        sign_in::sign_in,
        refresh_session::refresh_session,
        list_sessions::list_sessions,
        sign_out::sign_out,
        sign_out_everywhere::sign_out_everywhere,
        request_password_reset::request_password_reset,
        reset_password::reset_password,
        request_email_confirmation::request_email_confirmation,
        confirm_email::confirm_email,
        create_nonce::create_siwe_nonce,
        create_passkey_challenge::create_passkey_challenge,
        sign_in_by_passkey::sign_in_by_passkey,
        list_passkeys::list_passkeys,
        add_passkey::add_passkey,
        remove_passkey::remove_passkey,
        sign_in_by_wallet::sign_in_by_wallet,
        list_wallets::list_wallets,
        link_wallet::link_wallet,
        remove_wallet::remove_wallet,
        key_set::read_key_set,
    ),
    modifiers(&RefreshScheme)
)]
pub struct Api;

/// Describes the cookie.
struct RefreshScheme;

impl Modify for RefreshScheme {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie::NAME)));
        api.components
            .get_or_insert_default()
            .add_security_scheme("refresh", scheme);
    }
}

/// Registers the routes.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(resource("/api/v1/sign-ups").route(post().to(request_sign_up::request_sign_up)))
        .service(resource("/api/v1/accounts").route(post().to(create_account::create_account)))
        .service(
            resource("/api/v1/account")
                .route(get().to(read_account::read_account))
                .route(patch().to(change_account::change_account)),
        )
        .service(resource("/api/v1/account/password").route(put().to(change_password::change_password)))
        .service(
            resource("/api/v1/sessions")
                .route(post().to(sign_in::sign_in))
                .route(get().to(list_sessions::list_sessions))
                .route(delete().to(sign_out_everywhere::sign_out_everywhere)),
        )
        .service(
            resource("/api/v1/account/passkeys")
                .route(get().to(list_passkeys::list_passkeys))
                .route(post().to(add_passkey::add_passkey)),
        )
        .service(resource("/api/v1/account/passkeys/{passkey}").route(delete().to(remove_passkey::remove_passkey)))
        .service(
            resource("/api/v1/passkey-challenges").route(post().to(create_passkey_challenge::create_passkey_challenge)),
        )
        .service(resource("/api/v1/sessions/passkey").route(post().to(sign_in_by_passkey::sign_in_by_passkey)))
        .service(
            resource("/api/v1/account/wallets")
                .route(get().to(list_wallets::list_wallets))
                .route(post().to(link_wallet::link_wallet)),
        )
        .service(resource("/api/v1/account/wallets/{wallet}").route(delete().to(remove_wallet::remove_wallet)))
        .service(resource("/api/v1/sessions/wallet").route(post().to(sign_in_by_wallet::sign_in_by_wallet)))
        .service(resource("/api/v1/sessions/refresh").route(post().to(refresh_session::refresh_session)))
        .service(resource("/api/v1/sessions/current").route(delete().to(sign_out::sign_out)))
        .service(
            resource("/api/v1/password-resets")
                .route(post().to(request_password_reset::request_password_reset))
                .route(put().to(reset_password::reset_password)),
        )
        .service(
            resource("/api/v1/email-confirmations")
                .route(post().to(request_email_confirmation::request_email_confirmation))
                .route(put().to(confirm_email::confirm_email)),
        )
        .service(resource("/api/v1/siwe-nonces").route(post().to(create_nonce::create_siwe_nonce)))
        .service(resource("/.well-known/jwks.json").route(get().to(key_set::read_key_set)));
}
