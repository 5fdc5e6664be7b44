//! Bodies about wallets that sign in (EIP-4361).

use chrono::{DateTime, Utc};
use governance::id::SignInWalletId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::account::SecretText;

/// Signs in with a wallet.
///
/// The message is one of EIP-4361, made for this site and this chain, with a nonce that was given out. Among its resources stands
/// `urn:rochdale:sign-in`, and no other that begins with `urn:rochdale:`; so a message that was signed for something else signs nobody in.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WalletSignIn {
    /// What the wallet showed and signed.
    #[schema(max_length = 4096)]
    pub message: String,
    /// Its signature (EIP-191): 65 bytes as 0x and hexadecimal digits.
    #[schema(max_length = 132)]
    pub signature: String,
}

/// Links a wallet to one's account.
///
/// The message is as one to sign in, with the resource `urn:rochdale:sign-in-wallet:<account>`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkWallet {
    /// The password: whoever finds an open browser must not be able to stay.
    #[schema(value_type = String, format = Password)]
    pub current_password: SecretText,
    /// What the wallet showed and signed.
    #[schema(max_length = 4096)]
    pub message: String,
    /// Its signature (EIP-191): 65 bytes as 0x and hexadecimal digits.
    #[schema(max_length = 132)]
    pub signature: String,
}

/// A wallet that signs in to one's account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignInWalletEntry {
    /// The link of wallet and account.
    #[schema(value_type = String, format = Uuid)]
    pub id: SignInWalletId,
    /// The address of the wallet, as EIP-55 spells it.
    pub address: String,
    /// When it was linked.
    pub created_at: DateTime<Utc>,
    /// When somebody last signed in with it.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The wallets of an account, oldest first; there are 16 at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignInWalletList {
    /// Each.
    pub items: Vec<SignInWalletEntry>,
}
