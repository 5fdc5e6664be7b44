//! The rows of accounts and sessions. Whoever ends a session is somebody made for that request.

use serde_json::json;

use super::{Ask, Operation, SIGNED_IN, Who, World, operation, with};

/// Those of this area.
pub fn operations() -> Vec<Operation> {
    let mut all = accounts();
    all.extend(sessions());
    all.extend(links());
    all
}

/// A person made for this request, where the actor is one.
async fn somebody(world: &World, who: Who) -> Ask {
    match who {
        Who::Nobody => Ask::plain(),
        Who::Stranger | Who::Elsewhere => Ask::plain().by(world.app.person("Somebody").await),
        Who::Member | Who::Suspended | Who::Treasurer | Who::Auditor | Who::Steward => {
            Ask::plain().by(world.coop.insider(&world.app, "Somebody", &[]).await.person)
        }
    }
}

/// An address that nobody has; each address has its own limit.
fn fresh_address() -> String {
    format!("{}@demo.example", uuid::Uuid::now_v7().simple())
}

fn accounts() -> Vec<Operation> {
    vec![
        operation!("GET /api/v1/account", SIGNED_IN, false, |_world, _who| Ask::plain()),
        operation!("PATCH /api/v1/account", SIGNED_IN, true, |_world, _who| Ask::plain()
            .body(json!({"display_name": uuid::Uuid::now_v7().to_string()}))),
        operation!(
            "PUT /api/v1/account/password",
            [401, 422, 422, 422, 422, 422, 422, 422],
            false,
            |_world, _who| Ask::plain().body(json!({"current_password": "not it", "new_password": "short"}))
        ),
        operation!(
            "GET /.well-known/jwks.json",
            [200; 8],
            false,
            |_world, _who| Ask::plain()
        ),
        operation!("POST /api/v1/siwe-nonces", [201; 8], true, |_world, _who| Ask::plain()),
        operation!("POST /api/v1/passkey-challenges", [201; 8], true, |_world, _who| {
            Ask::plain()
        }),
        operation!("GET /api/v1/account/passkeys", SIGNED_IN, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "POST /api/v1/account/passkeys",
            [401, 422, 422, 422, 422, 422, 422, 422],
            false,
            |_world, _who| Ask::plain().body(json!({"current_password": "not it", "nonce": "0123456789abcdef",
                "name": "A key", "authenticator_data": "0x", "client_data": "0x"}))
        ),
        operation!(
            "DELETE /api/v1/account/passkeys/{passkey}",
            [401, 404, 404, 404, 404, 404, 404, 404],
            false,
            |_world, _who| Ask::plain().id("passkey", uuid::Uuid::now_v7())
        ),
        operation!("GET /api/v1/account/wallets", SIGNED_IN, false, |_world, _who| {
            Ask::plain()
        }),
        operation!(
            "POST /api/v1/account/wallets",
            [401, 422, 422, 422, 422, 422, 422, 422],
            false,
            |_world, _who| Ask::plain()
                .body(json!({"current_password": "not it", "message": "Let me in", "signature": "0x00"}))
        ),
        operation!(
            "DELETE /api/v1/account/wallets/{wallet}",
            [401, 404, 404, 404, 404, 404, 404, 404],
            false,
            |_world, _who| Ask::plain().id("wallet", uuid::Uuid::now_v7())
        ),
    ]
}

fn sessions() -> Vec<Operation> {
    vec![
        operation!("POST /api/v1/sessions", [401; 8], false, |_world, _who| Ask::plain()
            .body(json!({"email": "nobody@demo.example", "password": "not the password"}))),
        operation!("POST /api/v1/sessions/passkey", [401; 8], false, |_world, _who| {
            Ask::plain().body(json!({"nonce": "0123456789abcdef", "credential": "0x00", "assertion": "0x00"}))
        }),
        operation!("POST /api/v1/sessions/wallet", [401; 8], false, |_world, _who| {
            Ask::plain().body(json!({"message": "Let me in", "signature": "0x00"}))
        }),
        operation!("POST /api/v1/sessions/refresh", [401; 8], false, |_world, _who| {
            Ask::plain().header("x-rochdale-refresh", "1")
        }),
        operation!("GET /api/v1/sessions", SIGNED_IN, false, |_world, _who| Ask::plain()),
        operation!(
            "DELETE /api/v1/sessions/current",
            with(SIGNED_IN, 204),
            true,
            |world, who| somebody(world, who).await
        ),
        operation!("DELETE /api/v1/sessions", with(SIGNED_IN, 204), true, |world, who| {
            somebody(world, who).await
        }),
    ]
}

/// What a mailed link opens is open to whoever holds the link; without one nobody comes in.
fn links() -> Vec<Operation> {
    vec![
        operation!("POST /api/v1/sign-ups", [202; 8], true, |_world, _who| Ask::plain()
            .body(json!({"email": fresh_address()}))),
        operation!("POST /api/v1/accounts", [410; 8], false, |_world, _who| Ask::plain()
            .body(
                json!({"token": "rdl_AAAA", "display_name": "New", "password": "a long and unusual sentence"})
            )),
        operation!("POST /api/v1/password-resets", [202; 8], true, |_world, _who| {
            Ask::plain().body(json!({"email": fresh_address()}))
        }),
        operation!("PUT /api/v1/password-resets", [410; 8], false, |_world, _who| {
            Ask::plain().body(json!({"token": "rdl_AAAA", "new_password": "a long and unusual sentence"}))
        }),
        operation!(
            "POST /api/v1/email-confirmations",
            with(SIGNED_IN, 202),
            true,
            |_world, _who| Ask::plain()
        ),
        operation!("PUT /api/v1/email-confirmations", [410; 8], false, |_world, _who| {
            Ask::plain().body(json!({"token": "rdl_AAAA"}))
        }),
    ]
}
