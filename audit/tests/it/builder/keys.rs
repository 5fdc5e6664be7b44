//! The keys of members, and what they make of a digest.

use ed25519_dalek::{Signer, SigningKey};
use governance::hash::{Hash32, keccak256, sha256};
use governance::signature::{PublicKey, SignatureKind};
use secp256k1::SecretKey;
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};

/// A member's key.
#[derive(Clone)]
pub enum Key {
    /// None: the server attests.
    None,
    Ed25519(Box<SigningKey>),
    Wallet(SecretKey),
    Passkey(Box<p256::ecdsa::SigningKey>),
}

impl Key {
    pub fn of(kind: SignatureKind, number: u128) -> Self {
        let seed = *keccak256(&number.to_be_bytes()).as_bytes();
        match kind {
            SignatureKind::Session => Self::None,
            SignatureKind::Ed25519 => Self::Ed25519(Box::new(SigningKey::from_bytes(&seed))),
            SignatureKind::Wallet => Self::Wallet(SecretKey::from_secret_bytes(seed).unwrap()),
            SignatureKind::Passkey => Self::Passkey(Box::new(p256::ecdsa::SigningKey::from_slice(&seed).unwrap())),
        }
    }

    pub fn public(&self) -> Option<PublicKey> {
        match self {
            Self::None => None,
            Self::Ed25519(key) => Some(PublicKey::Ed25519(key.verifying_key().to_bytes())),
            Self::Wallet(key) => {
                let point = secp256k1::PublicKey::from_secret_key(key).serialize_uncompressed();
                let hash = keccak256(&point[1..]);
                Some(PublicKey::Wallet(hash.as_bytes()[12..].try_into().unwrap()))
            }
            Self::Passkey(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                Some(PublicKey::Passkey(point.as_bytes()[1..].try_into().unwrap()))
            }
        }
    }

    /// How a ballot with this digest is signed; the server signs where the member has no key.
    pub fn sign(&self, server: &SigningKey, digest: Hash32) -> (SignatureKind, PublicKey, Vec<u8>) {
        match self {
            Self::None => (
                SignatureKind::Session,
                PublicKey::Ed25519(server.verifying_key().to_bytes()),
                server.sign(digest.as_bytes()).to_bytes().to_vec(),
            ),
            Self::Ed25519(key) => (
                SignatureKind::Ed25519,
                self.public().unwrap(),
                key.sign(digest.as_bytes()).to_bytes().to_vec(),
            ),
            Self::Wallet(key) => {
                let message = secp256k1::Message::from_digest(*digest.as_bytes());
                let signature = RecoverableSignature::sign_ecdsa_recoverable(message, key);
                let (recovery, compact) = signature.serialize_compact();
                let mut bytes = compact.to_vec();
                bytes.push(if recovery == RecoveryId::Zero { 27 } else { 28 });
                (SignatureKind::Wallet, self.public().unwrap(), bytes)
            }
            Self::Passkey(key) => (SignatureKind::Passkey, self.public().unwrap(), assertion(key, digest)),
        }
    }
}

/// What an authenticator and a browser make of a digest.
fn assertion(key: &p256::ecdsa::SigningKey, digest: Hash32) -> Vec<u8> {
    use base64::Engine as _;
    use p256::ecdsa::signature::Signer as _;
    let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest.as_bytes());
    let client = format!(r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"https://coop.example"}}"#);
    let mut authenticator = sha256(b"coop.example").as_bytes().to_vec();
    authenticator.extend_from_slice(&[0x05, 0, 0, 0, 1]);
    let signed = [&authenticator[..], sha256(client.as_bytes()).as_bytes()].concat();
    let signature: p256::ecdsa::Signature = key.sign(&signed);
    [
        &[0, 37],
        &authenticator[..],
        client.as_bytes(),
        &signature.normalize_s().to_bytes(),
    ]
    .concat()
}
