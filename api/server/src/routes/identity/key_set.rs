//! `GET /.well-known/jwks.json`

use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use serde_json::json;
use wire::account::JwkSetBody;

use crate::app::App;

/// The public keys that access tokens are signed with. A new key is published before it signs, and an old one stays until its last
/// token has expired, so nobody is signed out when keys change.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "read_key_set", tag = "identity",
    responses((status = 200, body = JwkSetBody)),
    security(())
)]
pub async fn read_key_set(app: Data<App>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .json(json!({ "keys": app.tokens().key_set() }))
}
