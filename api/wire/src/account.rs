//! Bodies about accounts and sessions.

use std::fmt;

use chrono::{DateTime, Utc};
use governance::id::{AccountId, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text that must not appear in logs: it prints as dots and is never written out again.
#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Password)]
pub struct SecretText(String);

impl SecretText {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("•••")
    }
}

/// Asks for a link to sign up.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUpRequest {
    /// The address to send it to.
    #[schema(format = Email, max_length = 254)]
    pub email: String,
}

/// Makes an account.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountRequest {
    /// From the link that was mailed: of a sign-up (`rdl_…`) or of an invitation (`rdi_…`).
    #[schema(value_type = String, max_length = 128)]
    pub token: SecretText,
    /// How the person wishes to be called.
    #[schema(min_length = 1, max_length = 120)]
    pub display_name: String,
    /// From 10 to 128 characters, not one of the well-known ones.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    pub password: SecretText,
}

/// An account as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountBody {
    /// The account.
    #[schema(value_type = String, format = Uuid)]
    pub id: AccountId,
    /// The address, in lower case.
    pub email: String,
    /// How the person wishes to be called.
    pub display_name: String,
    /// Whether the address was confirmed.
    pub is_confirmed: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Changes an account.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountPatch {
    /// How the person wishes to be called.
    #[schema(min_length = 1, max_length = 120)]
    pub display_name: String,
}

/// Changes the password.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The one that is valid now.
    #[schema(value_type = String, format = Password)]
    pub current_password: SecretText,
    /// From 10 to 128 characters, not one of the well-known ones.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    pub new_password: SecretText,
}

/// Signs in.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    /// The address of the account.
    #[schema(format = Email)]
    pub email: String,
    /// Its password.
    #[schema(value_type = String, format = Password)]
    pub password: SecretText,
}

/// A session, begun or prolonged. The token that prolongs it comes in a cookie that scripts cannot read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionBody {
    /// Send it as `Authorization: Bearer …`; keep it in memory.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// For how many seconds the access token is valid.
    pub expires_in: u64,
    /// Whose session it is.
    pub account: AccountBody,
}

/// A session in the list of its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionEntry {
    /// The session.
    #[schema(value_type = String, format = Uuid)]
    pub id: SessionId,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last prolonged.
    pub last_refreshed_at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

/// Asks for a link to choose a new password.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetRequest {
    /// The address of the account.
    #[schema(format = Email)]
    pub email: String,
}

/// Chooses a new password.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetCommand {
    /// From the link that was mailed.
    #[schema(value_type = String, max_length = 128)]
    pub token: SecretText,
    /// From 10 to 128 characters, not one of the well-known ones.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 128)]
    pub new_password: SecretText,
}

/// Confirms an address.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationCommand {
    /// From the link that was mailed.
    #[schema(value_type = String, max_length = 128)]
    pub token: SecretText,
}

/// A number used once, for a message that a wallet signs (EIP-4361).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NonceBody {
    /// The number.
    pub nonce: String,
    /// The chain that the message must name (EIP-155).
    pub chain_id: u64,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

/// One public key of the server (RFC 8037).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JwkBody {
    /// Always `OKP`.
    pub kty: String,
    /// Always `Ed25519`.
    pub crv: String,
    /// Always `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// Always `EdDSA`.
    pub alg: String,
    /// The name that tokens carry in their header.
    pub kid: String,
    /// The key, base64url.
    pub x: String,
}

/// The public keys of access tokens (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JwkSetBody {
    /// Each key that a valid token may be signed with.
    pub keys: Vec<JwkBody>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_does_not_print() {
        let request = SignInRequest {
            email: String::from("ada@example.org"),
            password: SecretText::new("analytical"),
        };
        assert!(!format!("{request:?}").contains("analytical"));
    }

    #[test]
    fn a_field_that_is_not_asked_for_is_refused() {
        let body = r#"{"token":"t","display_name":"Ada","password":"p","role":"steward"}"#;
        let error = serde_json::from_str::<AccountRequest>(body).unwrap_err();
        assert!(error.to_string().contains("role"), "{error}");
    }
}
