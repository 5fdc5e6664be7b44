//! Bodies about passkeys (WebAuthn). Bytes travel as 0x and lower-case hexadecimal digits.

use chrono::{DateTime, Utc};
use governance::id::PasskeyId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::account::SecretText;

/// What a passkey is asked to answer: a number used once, from which the client makes the challenge.
///
/// To sign in, the challenge is the SHA-256 of `rochdale passkey sign-in`, a line feed and the nonce; to add a passkey it is that of
/// `rochdale passkey registration`, a line feed, the account, a line feed and the nonce. So no answer to the one is an answer to the
/// other, and none is a signature of a ballot, whatever the server asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasskeyChallenge {
    /// The number.
    pub nonce: String,
    /// The site that passkeys are made for: the host of the portal's address.
    pub site: String,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

/// Signs in with a passkey.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeySignIn {
    /// The number that was given out.
    #[schema(max_length = 64)]
    pub nonce: String,
    /// The name of the passkey, as its authenticator told it.
    #[schema(max_length = 2048)]
    pub credential: String,
    /// The answer: length of the authenticator data (2 bytes), authenticator data, client data, r and s (record.md, section 4).
    #[schema(max_length = 4098)]
    pub assertion: String,
}

/// Adds a passkey to one's account.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddPasskey {
    /// The password: whoever finds an open browser must not be able to stay.
    #[schema(value_type = String, format = Password)]
    pub current_password: SecretText,
    /// The number that was given out.
    #[schema(max_length = 64)]
    pub nonce: String,
    /// What its owner calls it.
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
    /// What the authenticator said, with the new key in it.
    #[schema(max_length = 4098)]
    pub authenticator_data: String,
    /// What the browser said.
    #[schema(max_length = 4098)]
    pub client_data: String,
}

/// A passkey of one's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasskeyEntry {
    /// The passkey.
    #[schema(value_type = String, format = Uuid)]
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// The name by which its authenticator finds it.
    pub credential: String,
    /// Both coordinates of its point on P-256: the key that signs ballots, once it is registered in a co-op.
    pub public_key: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When somebody last signed in with it.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The passkeys of an account, oldest first; there are 16 at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasskeyList {
    /// Each.
    pub items: Vec<PasskeyEntry>,
}
