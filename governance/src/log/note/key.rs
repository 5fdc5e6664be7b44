//! The names, ids and texts of the keys that sign notes.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::VerifyingKey;
use sha2::{Digest, Sha256};

use super::KeyId;
use crate::signature::verify_strictly;

/// The longest name of a key, in bytes.
pub const KEY_NAME_BYTES_MAX: usize = 255;

/// The longest text of a key: a name, eight digits, 33 bytes in base64 and two plus signs.
const KEY_TEXT_BYTES_MAX: usize = KEY_NAME_BYTES_MAX + 1 + 8 + 1 + 44;

/// The signature type of Ed25519 over the text of the note.
const ED25519: u8 = 1;

/// Why a text is not the public key of a signer of notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifierKeyError {
    /// It has not the form of a key.
    #[error("expected <name>+<8 lower-case hexadecimal digits>+<base64 of the key>")]
    Form,
    /// The name is empty or too long, or holds a space, a plus sign or a control character.
    #[error("the name of the key is not allowed in a note")]
    Name,
    /// The key is of a type other than Ed25519.
    #[error("the key is not an Ed25519 key")]
    Type,
    /// The bytes are no Ed25519 key, or one of small order.
    #[error("the key is malformed")]
    Key,
    /// The id is not the one that follows from name and key.
    #[error("the id of the key does not follow from its name and bytes")]
    Id,
}

/// Whether a key of this name can sign notes: 1 to [`KEY_NAME_BYTES_MAX`] bytes without spaces, plus signs or control characters.
#[must_use]
pub fn key_name_is_valid(name: &str) -> bool {
    let is_forbidden = |character: char| character == '+' || character.is_whitespace() || character.is_control();
    (1..=KEY_NAME_BYTES_MAX).contains(&name.len()) && !name.contains(is_forbidden)
}

/// The public Ed25519 key of a signer of notes, with its name. It prints as others' tools read it:
/// `<name>+<id>+<base64 of type and key>`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: KeyId,
    key: VerifyingKey,
}

impl VerifierKey {
    /// A key under this name.
    ///
    /// # Errors
    /// [`VerifierKeyError::Name`], or [`VerifierKeyError::Key`] for a key of small order, under which anything verifies.
    pub fn new(name: &str, key: VerifyingKey) -> Result<Self, VerifierKeyError> {
        if !key_name_is_valid(name) {
            return Err(VerifierKeyError::Name);
        }
        if key.is_weak() {
            return Err(VerifierKeyError::Key);
        }
        Ok(Self {
            name: name.to_owned(),
            id: key_id(name, &typed(&key)),
            key,
        })
    }

    /// The name, which stands in each signature.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id, which follows from name and key.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The key itself.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Whether `signature` is this key's over `text`, verified strictly.
    pub(super) fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        verify_strictly(&self.key, text, signature).is_ok()
    }
}

/// The type byte and the key.
fn typed(key: &VerifyingKey) -> Vec<u8> {
    [&[ED25519][..], key.as_bytes()].concat()
}

/// The first four bytes of `SHA-256(name ‖ 0x0A ‖ type and key)`.
fn key_id(name: &str, typed_key: &[u8]) -> KeyId {
    let hasher = Sha256::new().chain_update(name).chain_update(b"\n");
    let [first, second, third, fourth, ..] = <[u8; 32]>::from(hasher.chain_update(typed_key).finalize());
    KeyId([first, second, third, fourth])
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}+{}+{}",
            self.name,
            self.id,
            STANDARD.encode(typed(&self.key))
        )
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for VerifierKey {
    type Err = VerifierKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > KEY_TEXT_BYTES_MAX {
            return Err(VerifierKeyError::Form);
        }
        // Base64 may hold a plus sign; a name and an id cannot.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(VerifierKeyError::Form);
        };
        let decoded = STANDARD.decode(encoded).map_err(|_| VerifierKeyError::Form)?;
        let (kind, bytes) = decoded.split_first().ok_or(VerifierKeyError::Form)?;
        if *kind != ED25519 {
            return Err(VerifierKeyError::Type);
        }
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| VerifierKeyError::Key)?;
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| VerifierKeyError::Key)?;
        let verifier = Self::new(name, key)?;
        if verifier.id.to_string() == id {
            Ok(verifier)
        } else {
            Err(VerifierKeyError::Id)
        }
    }
}
