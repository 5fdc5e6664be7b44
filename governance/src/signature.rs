//! Signatures over the 32-byte digest of a record, and the keys that make them.

pub mod passkey;

use std::fmt;

use ed25519_dalek::VerifyingKey;
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};

use crate::hash::{Hash32, from_hex, keccak256, to_hex};

/// How a ballot is signed. The numbers are part of the record; 2 (contract wallets) is kept free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureKind {
    /// An EVM account signs the EIP-712 digest (ECDSA over secp256k1, low s).
    Wallet,
    /// A passkey answers the digest as a challenge (WebAuthn, ECDSA over P-256); see [`passkey`].
    Passkey,
    /// An Ed25519 key, usually made in the member's browser, signs the same digest.
    Ed25519,
    /// The member was signed in and the server vouches for it with its own Ed25519 key. Weaker, and counted apart everywhere.
    Session,
}

impl SignatureKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Wallet, Self::Passkey, Self::Ed25519, Self::Session];

    /// The number in the record.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Wallet => 1,
            Self::Passkey => 3,
            Self::Ed25519 => 4,
            Self::Session => 5,
        }
    }

    /// The name in JSON and SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wallet => "wallet",
            Self::Passkey => "passkey",
            Self::Ed25519 => "ed25519",
            Self::Session => "session",
        }
    }

    /// The kind with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A public key that was checked to be well formed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PublicKey {
    /// The address of an EVM account.
    Wallet([u8; 20]),
    /// A point on P-256: both coordinates.
    Passkey([u8; passkey::KEY_BYTES]),
    /// A compressed Ed25519 point, not of small order.
    Ed25519([u8; 32]),
}

/// Why a key or a signature is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureRefusal {
    /// The key's bytes are no key of this kind.
    #[error("the public key is malformed")]
    MalformedKey,
    /// The signature's bytes are no signature of this kind.
    #[error("the signature is malformed")]
    MalformedSignature,
    /// The upper half of the curve order was used: a second signature for the same text.
    #[error("the signature is not in its low-s form")]
    HighS,
    /// The authenticator signed without making sure who touched it.
    #[error("the authenticator did not make sure who used it")]
    Unverified,
    /// The signature is well formed and somebody else's, or of something else.
    #[error("the signature does not match the key and the record")]
    Mismatch,
}

impl PublicKey {
    /// Reads a wallet's address (20 bytes), the point of a passkey (64 bytes) or an Ed25519 key (32 bytes). [`SignatureKind::Session`] is the server's Ed25519 key.
    ///
    /// # Errors
    /// [`SignatureRefusal::MalformedKey`] for a wrong length, a point off the curve or one of small order.
    pub fn parse(kind: SignatureKind, bytes: &[u8]) -> Result<Self, SignatureRefusal> {
        match kind {
            SignatureKind::Wallet => bytes
                .try_into()
                .map(Self::Wallet)
                .map_err(|_| SignatureRefusal::MalformedKey),
            SignatureKind::Passkey => {
                let key = bytes.try_into().map_err(|_| SignatureRefusal::MalformedKey)?;
                passkey::check_key(&key).map(|()| Self::Passkey(key))
            }
            SignatureKind::Ed25519 | SignatureKind::Session => {
                let key: [u8; 32] = bytes.try_into().map_err(|_| SignatureRefusal::MalformedKey)?;
                match VerifyingKey::from_bytes(&key) {
                    Ok(point) if !point.is_weak() => Ok(Self::Ed25519(key)),
                    Ok(_) | Err(_) => Err(SignatureRefusal::MalformedKey),
                }
            }
        }
    }

    /// As [`Self::parse`], from `0x` and hexadecimal digits.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_hex(kind: SignatureKind, text: &str) -> Result<Self, SignatureRefusal> {
        from_hex(text)
            .ok_or(SignatureRefusal::MalformedKey)
            .and_then(|bytes| Self::parse(kind, &bytes))
    }

    /// The kind of signature this key makes.
    #[must_use]
    pub const fn kind(&self) -> SignatureKind {
        match self {
            Self::Wallet(_) => SignatureKind::Wallet,
            Self::Passkey(_) => SignatureKind::Passkey,
            Self::Ed25519(_) => SignatureKind::Ed25519,
        }
    }

    /// The bytes of the key or the address.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Wallet(address) => address,
            Self::Passkey(point) => point,
            Self::Ed25519(key) => key,
        }
    }

    /// The key as a word of a record: an address is padded on the left, a passkey, which has two words, is hashed.
    #[must_use]
    pub fn word(&self) -> Hash32 {
        match self {
            Self::Wallet(_) | Self::Ed25519(_) => Hash32::left_padded(self.as_bytes()),
            Self::Passkey(point) => keccak256(point),
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&to_hex(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{self}", self.kind().name())
    }
}

/// Checks that `key` made `signature` over `digest`.
///
/// Ed25519 is verified strictly: one signature, one answer, whatever the library. A wallet's signature is 65 bytes `r ‖ s ‖ v`
/// with `v` 27 or 28 and `s` in the lower half, so that nobody can make a second signature of the same ballot. A passkey's is an
/// [`passkey::Assertion`] whose challenge is the digest.
///
/// # Errors
/// [`SignatureRefusal`] with the first reason found.
pub fn verify(key: &PublicKey, digest: Hash32, signature: &[u8]) -> Result<(), SignatureRefusal> {
    match key {
        PublicKey::Ed25519(bytes) => verify_ed25519(bytes, digest, signature),
        PublicKey::Passkey(point) => passkey::Assertion::parse(signature)?.verify(point, digest),
        PublicKey::Wallet(address) => {
            if recover_wallet(digest, signature)? == *address {
                Ok(())
            } else {
                Err(SignatureRefusal::Mismatch)
            }
        }
    }
}

fn verify_ed25519(key: &[u8; 32], digest: Hash32, signature: &[u8]) -> Result<(), SignatureRefusal> {
    let point = VerifyingKey::from_bytes(key).map_err(|_| SignatureRefusal::MalformedKey)?;
    verify_strictly(&point, digest.as_bytes(), signature)
}

/// Checks an Ed25519 signature over any bytes: ballots sign digests, checkpoints of the log sign texts.
pub(crate) fn verify_strictly(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> Result<(), SignatureRefusal> {
    let bytes: [u8; 64] = signature.try_into().map_err(|_| SignatureRefusal::MalformedSignature)?;
    key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&bytes))
        .map_err(|_| SignatureRefusal::Mismatch)
}

/// The address of the account that made a 65-byte signature over `digest`.
///
/// # Errors
/// [`SignatureRefusal`] for a malformed or high-s signature, or one from which no key can be recovered.
pub fn recover_wallet(digest: Hash32, signature: &[u8]) -> Result<[u8; 20], SignatureRefusal> {
    let (compact, recovery) = match signature {
        [compact @ .., 27] if compact.len() == 64 => (compact, RecoveryId::Zero),
        [compact @ .., 28] if compact.len() == 64 => (compact, RecoveryId::One),
        _ => return Err(SignatureRefusal::MalformedSignature),
    };
    let recoverable =
        RecoverableSignature::from_compact(compact, recovery).map_err(|_| SignatureRefusal::MalformedSignature)?;
    let mut low = recoverable.to_standard();
    low.normalize_s();
    if low != recoverable.to_standard() {
        return Err(SignatureRefusal::HighS);
    }
    let public = recoverable
        .recover(secp256k1::Message::from_digest(*digest.as_bytes()))
        .map_err(|_| SignatureRefusal::Mismatch)?;
    let uncompressed = public.serialize_uncompressed();
    let hash = keccak256(uncompressed.split_first().map_or(&[][..], |(_, point)| point));
    hash.as_bytes()
        .last_chunk::<20>()
        .copied()
        .ok_or(SignatureRefusal::Mismatch)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};
    use secp256k1::SecretKey;

    use super::*;

    fn wallet_signature(secret: &SecretKey, digest: Hash32) -> Vec<u8> {
        let message = secp256k1::Message::from_digest(*digest.as_bytes());
        let (recovery, compact) = RecoverableSignature::sign_ecdsa_recoverable(message, secret).serialize_compact();
        let mut bytes = compact.to_vec();
        bytes.push(match recovery {
            RecoveryId::Zero => 27,
            _ => 28,
        });
        bytes
    }

    #[test]
    fn a_wallet_signature_recovers_the_published_address() {
        // The first development account of Hardhat and anvil, whose secret key is public knowledge.
        let secret = SecretKey::from_secret_bytes(
            from_hex("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
                .unwrap()
                .try_into()
                .unwrap(),
        )
        .unwrap();
        let digest = keccak256(b"ballot");
        let signature = wallet_signature(&secret, digest);
        let key = PublicKey::parse_hex(SignatureKind::Wallet, "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266").unwrap();
        assert_eq!(verify(&key, digest, &signature), Ok(()));
        assert_ne!(verify(&key, keccak256(b"other"), &signature), Ok(()));
    }

    #[test]
    fn the_mirror_image_of_a_wallet_signature_is_refused() {
        let secret = SecretKey::from_secret_bytes([7; 32]).unwrap();
        let digest = keccak256(b"ballot");
        let mut mirrored = wallet_signature(&secret, digest);
        // n - s for the order n of secp256k1, byte by byte from the right.
        let order = from_hex("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").unwrap();
        let mut borrow = 0_i16;
        for index in (0..32).rev() {
            let difference = i16::from(order[index]) - i16::from(mirrored[32 + index]) - borrow;
            borrow = i16::from(difference < 0);
            mirrored[32 + index] = difference.rem_euclid(256) as u8;
        }
        mirrored[64] = if mirrored[64] == 27 { 28 } else { 27 };
        assert_eq!(recover_wallet(digest, &mirrored), Err(SignatureRefusal::HighS));
    }

    #[test]
    fn an_ed25519_signature_binds_key_and_digest() {
        let secret = SigningKey::from_bytes(&[9; 32]);
        let digest = keccak256(b"ballot");
        let signature = secret.sign(digest.as_bytes()).to_bytes();
        let key = PublicKey::parse(SignatureKind::Ed25519, secret.verifying_key().as_bytes()).unwrap();
        assert_eq!(verify(&key, digest, &signature), Ok(()));
        assert_eq!(
            verify(&key, keccak256(b"other"), &signature),
            Err(SignatureRefusal::Mismatch)
        );
        assert_eq!(
            verify(&key, digest, &signature[1..]),
            Err(SignatureRefusal::MalformedSignature)
        );
    }

    /// The vectors of Wycheproof, where the shared data lies beside the workspace or `ROCHDALE_DATA` names its folder.
    #[test]
    fn ed25519_answers_as_wycheproof_says() {
        use std::io::Write as _;
        let folder = std::env::var_os("ROCHDALE_DATA").map_or_else(
            || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
            std::path::PathBuf::from,
        );
        let path = folder.join("crypto/wycheproof/ed25519_test.json");
        let Ok(text) = std::fs::read(&path) else {
            let path = path.display();
            let line = format!("NOT RUN: wycheproof, {path} is missing; name its folder in ROCHDALE_DATA\n");
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            if let Some(path) = std::env::var_os("ROCHDALE_NOT_RUN") {
                let file = std::fs::File::options().create(true).append(true).open(path);
                file.and_then(|mut file| file.write_all(line.as_bytes())).unwrap();
            }
            return;
        };
        let file: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let bytes = |value: &serde_json::Value| from_hex(&format!("0x{}", value.as_str().unwrap())).unwrap();
        let (mut valid, mut invalid) = (0, 0);
        for group in file["testGroups"].as_array().unwrap() {
            let key: [u8; 32] = bytes(&group["publicKey"]["pk"]).try_into().unwrap();
            let key = VerifyingKey::from_bytes(&key).unwrap();
            for test in group["tests"].as_array().unwrap() {
                let answer = verify_strictly(&key, &bytes(&test["msg"]), &bytes(&test["sig"]));
                assert_eq!(answer.is_ok(), test["result"] == "valid", "{}", test["tcId"]);
                if answer.is_ok() { valid += 1 } else { invalid += 1 }
            }
        }
        assert_eq!((valid, invalid), (88, 63));
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(
            PublicKey::parse(SignatureKind::Ed25519, &identity),
            Err(SignatureRefusal::MalformedKey)
        );
    }
}
