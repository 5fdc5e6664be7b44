//! Passkeys (WebAuthn Level 3): the signature of an authenticator over what a browser told it.
//!
//! An authenticator signs no digest. It signs `authenticator data ‖ SHA-256(client data)`, and the client data, a JSON text that the
//! browser writes, hold the digest as their challenge. All of it travels as the signature's bytes:
//!
//! ```text
//! length of the authenticator data (2 bytes, big-endian) ‖ authenticator data ‖ client data ‖ r ‖ s (32 bytes each)
//! ```
//!
//! Authenticators answer with DER and with either half of the order; whoever sends the signature turns `s` into the lower half, so
//! that one assertion has one spelling.
//!
//! The same check serves signing in, where the challenge is another one. `webauthn-rs` was looked at (0.6.2): it draws its challenges
//! itself, where a ballot's is the ballot, and it brings `rsa` and certificates that nothing here needs. Attestation, which tells the
//! maker of an authenticator, is not asked for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde::Deserialize;

use super::SignatureRefusal;
use crate::hash::{Hash32, sha256};

/// The bytes of a public key: both coordinates of a point on P-256.
pub const KEY_BYTES: usize = 64;
/// The most bytes of an assertion. Browsers write some 300; extensions of an authenticator may add to them.
pub const ASSERTION_BYTES_MAX: usize = 2_048;
const SIGNATURE_BYTES: usize = 64;
/// A person touched the authenticator.
const USER_PRESENT: u8 = 0x01;
/// The authenticator made sure who it is: a finger, a face, a PIN.
const USER_VERIFIED: u8 = 0x04;
/// The data hold a new key.
const ATTESTED: u8 = 0x40;
/// How CTAP2 writes an ES256 key (canonical CBOR): a map of five with kty 2, alg -7, crv 1, then x and y.
const COSE_HEAD: [u8; 10] = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
const COSE_BETWEEN: [u8; 3] = [0x22, 0x58, 0x20];

/// What an authenticator said of the site, the person and itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthenticatorData<'a> {
    /// The SHA-256 of the site's host name.
    pub site_hash: [u8; 32],
    flags: u8,
    /// How often the authenticator signed, or 0 where it does not count.
    pub sign_count: u32,
    rest: &'a [u8],
}

/// A key that an authenticator has just made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made<'a> {
    /// The name by which the authenticator finds the key again, from 1 to 1023 bytes.
    pub credential: &'a [u8],
    /// Its public half.
    pub public_key: [u8; KEY_BYTES],
}

/// What the browser wrote. Members that are not named here are passed over, as the standard asks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ClientData {
    /// `webauthn.create` or `webauthn.get`.
    #[serde(rename = "type")]
    pub kind: String,
    challenge: String,
    /// The site at which the person was.
    pub origin: String,
    /// Whether the page stood in a frame of another site.
    #[serde(rename = "crossOrigin", default)]
    pub is_cross_origin: bool,
}

/// The answer of an authenticator to a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion<'a> {
    /// What the authenticator said.
    pub authenticator: AuthenticatorData<'a>,
    /// What the browser said.
    pub client: ClientData,
    signed: Vec<u8>,
    signature: Signature,
}

impl<'a> AuthenticatorData<'a> {
    /// Reads it.
    ///
    /// # Errors
    /// [`SignatureRefusal::MalformedSignature`] where it is too short, and [`SignatureRefusal::Unverified`] where the authenticator
    /// did not make sure who touched it.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, SignatureRefusal> {
        let malformed = SignatureRefusal::MalformedSignature;
        let (site_hash, after) = bytes.split_first_chunk::<32>().ok_or(malformed)?;
        let (&[flags], after) = after.split_first_chunk::<1>().ok_or(malformed)?;
        let (count, rest) = after.split_first_chunk::<4>().ok_or(malformed)?;
        if flags & (USER_PRESENT | USER_VERIFIED) != USER_PRESENT | USER_VERIFIED {
            return Err(SignatureRefusal::Unverified);
        }
        Ok(Self {
            site_hash: *site_hash,
            flags,
            sign_count: u32::from_be_bytes(*count),
            rest,
        })
    }

    /// The key that was made, where one was.
    ///
    /// # Errors
    /// [`SignatureRefusal::MalformedKey`] where there is none, or none on P-256 in the one spelling of CTAP2.
    pub fn made(&self) -> Result<Made<'a>, SignatureRefusal> {
        let malformed = SignatureRefusal::MalformedKey;
        if self.flags & ATTESTED == 0 {
            return Err(malformed);
        }
        // 16 bytes name the model of the authenticator.
        let (_, after) = self.rest.split_first_chunk::<16>().ok_or(malformed)?;
        let (length, after) = after.split_first_chunk::<2>().ok_or(malformed)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if !(1..=1_023).contains(&length) {
            return Err(malformed);
        }
        let (credential, key) = after.split_at_checked(length).ok_or(malformed)?;
        let key = key.strip_prefix(&COSE_HEAD).ok_or(malformed)?;
        let (x, key) = key.split_first_chunk::<32>().ok_or(malformed)?;
        let key = key.strip_prefix(&COSE_BETWEEN).ok_or(malformed)?;
        let (y, _) = key.split_first_chunk::<32>().ok_or(malformed)?;
        let mut public_key = [0; KEY_BYTES];
        let (left, right) = public_key.split_at_mut(32);
        left.copy_from_slice(x);
        right.copy_from_slice(y);
        check_key(&public_key)?;
        Ok(Made { credential, public_key })
    }
}

impl ClientData {
    /// Reads it.
    ///
    /// # Errors
    /// [`SignatureRefusal::MalformedSignature`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureRefusal> {
        serde_json::from_slice(bytes).map_err(|_| SignatureRefusal::MalformedSignature)
    }

    /// Whether the browser was asked for exactly this, and not by a page in somebody else's frame.
    #[must_use]
    pub fn answers(&self, kind: &str, challenge: Hash32) -> bool {
        self.kind == kind && !self.is_cross_origin && self.challenge == URL_SAFE_NO_PAD.encode(challenge.as_bytes())
    }
}

impl<'a> Assertion<'a> {
    /// Reads one.
    ///
    /// # Errors
    /// [`SignatureRefusal`] where it is malformed, too long, in the upper half, or of somebody whom the authenticator did not check.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, SignatureRefusal> {
        let malformed = SignatureRefusal::MalformedSignature;
        if bytes.len() > ASSERTION_BYTES_MAX {
            return Err(malformed);
        }
        let (length, rest) = bytes.split_first_chunk::<2>().ok_or(malformed)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (authenticator, rest) = rest.split_at_checked(length).ok_or(malformed)?;
        let client_length = rest.len().checked_sub(SIGNATURE_BYTES).ok_or(malformed)?;
        let (client, signature) = rest.split_at_checked(client_length).ok_or(malformed)?;
        let signature = Signature::from_slice(signature).map_err(|_| malformed)?;
        if signature.normalize_s() != signature {
            return Err(SignatureRefusal::HighS);
        }
        let mut signed = authenticator.to_vec();
        signed.extend_from_slice(sha256(client).as_bytes());
        Ok(Self {
            authenticator: AuthenticatorData::parse(authenticator)?,
            client: ClientData::parse(client)?,
            signed,
            signature,
        })
    }

    /// Checks that this key answered this challenge.
    ///
    /// # Errors
    /// [`SignatureRefusal::Mismatch`].
    pub fn verify(&self, key: &[u8; KEY_BYTES], challenge: Hash32) -> Result<(), SignatureRefusal> {
        if !self.client.answers("webauthn.get", challenge) {
            return Err(SignatureRefusal::Mismatch);
        }
        point(key)?
            .verify(&self.signed, &self.signature)
            .map_err(|_| SignatureRefusal::Mismatch)
    }
}

fn point(key: &[u8; KEY_BYTES]) -> Result<VerifyingKey, SignatureRefusal> {
    let mut bytes = [4; KEY_BYTES + 1];
    for (place, byte) in bytes.iter_mut().skip(1).zip(key) {
        *place = *byte;
    }
    VerifyingKey::from_sec1_bytes(&bytes).map_err(|_| SignatureRefusal::MalformedKey)
}

/// Makes sure that a key is a point on the curve.
///
/// # Errors
/// [`SignatureRefusal::MalformedKey`].
pub fn check_key(key: &[u8; KEY_BYTES]) -> Result<(), SignatureRefusal> {
    point(key).map(|_| ())
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::SigningKey;
    use p256::ecdsa::signature::Signer as _;

    use super::*;
    use crate::hash::keccak256;
    use crate::signature::{PublicKey, SignatureKind, verify};

    /// What an authenticator and a browser would say, each part open to a forger.
    #[derive(Clone)]
    struct Said {
        flags: u8,
        client: String,
    }

    fn said(challenge: Hash32) -> Said {
        let challenge = URL_SAFE_NO_PAD.encode(challenge.as_bytes());
        Said {
            flags: 0x05,
            client: format!(
                r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"https://coop.example","crossOrigin":false,"other":[1]}}"#
            ),
        }
    }

    fn key() -> (SigningKey, [u8; KEY_BYTES]) {
        let secret = SigningKey::from_slice(&[7; 32]).unwrap();
        let point = secret.verifying_key().to_sec1_point(false);
        (secret, point.as_bytes()[1..].try_into().unwrap())
    }

    fn signed(secret: &SigningKey, said: &Said) -> Vec<u8> {
        let mut authenticator = sha256(b"coop.example").as_bytes().to_vec();
        authenticator.push(said.flags);
        authenticator.extend_from_slice(&9_u32.to_be_bytes());
        let text = [&authenticator[..], sha256(said.client.as_bytes()).as_bytes()].concat();
        let signature: Signature = secret.sign(&text);
        let length = u16::try_from(authenticator.len()).unwrap().to_be_bytes();
        let signature = signature.normalize_s().to_bytes();
        [&length[..], &authenticator, said.client.as_bytes(), &signature].concat()
    }

    #[test]
    fn a_passkey_signs_a_digest_as_its_challenge() {
        let (secret, point) = key();
        let digest = keccak256(b"ballot");
        let bytes = signed(&secret, &said(digest));
        let key = PublicKey::parse(SignatureKind::Passkey, &point).unwrap();
        assert_eq!(verify(&key, digest, &bytes), Ok(()));
        assert_eq!(key.word(), keccak256(&point));
        let assertion = Assertion::parse(&bytes).unwrap();
        assert_eq!(
            (assertion.authenticator.sign_count, assertion.client.origin.as_str()),
            (9, "https://coop.example")
        );
    }

    #[test]
    fn whatever_an_authenticator_did_not_sign_for_this_digest_is_refused() {
        let (secret, point) = key();
        let digest = keccak256(b"ballot");
        let honest = said(digest);
        let changed = |change: &dyn Fn(&mut Said)| {
            let mut other = honest.clone();
            change(&mut other);
            signed(&secret, &other)
        };
        let bent = |place: usize| {
            let mut bytes = signed(&secret, &honest);
            bytes[place] ^= 1;
            bytes
        };
        let whole = signed(&secret, &honest);
        let other = SigningKey::from_slice(&[8; 32]).unwrap();
        let malformed = SignatureRefusal::MalformedSignature;
        let cases = [
            (
                "another digest",
                signed(&secret, &said(keccak256(b"other"))),
                SignatureRefusal::Mismatch,
            ),
            ("another key", signed(&other, &honest), SignatureRefusal::Mismatch),
            (
                "nobody checked",
                changed(&|said| said.flags = 0x01),
                SignatureRefusal::Unverified,
            ),
            (
                "nobody touched",
                changed(&|said| said.flags = 0x04),
                SignatureRefusal::Unverified,
            ),
            (
                "made, not used",
                changed(&|said| said.client = said.client.replace("webauthn.get", "webauthn.create")),
                SignatureRefusal::Mismatch,
            ),
            (
                "in a frame",
                changed(&|said| said.client = said.client.replace("false", "true")),
                SignatureRefusal::Mismatch,
            ),
            (
                "no client data",
                changed(&|said| said.client = String::from("[]")),
                malformed,
            ),
            (
                "two challenges",
                changed(&|said| said.client = said.client.replace('}', r#","challenge":""}"#)),
                malformed,
            ),
            ("the site", bent(2), SignatureRefusal::Mismatch),
            ("the signature", bent(whole.len() - 40), SignatureRefusal::Mismatch),
            // What then lies where the second half of the signature should has its first byte from the first half.
            ("cut short", whole[..whole.len() - 1].to_vec(), SignatureRefusal::HighS),
            ("nothing", Vec::new(), malformed),
            ("too long", [&whole[..], &[0; ASSERTION_BYTES_MAX]].concat(), malformed),
        ];
        let key = PublicKey::parse(SignatureKind::Passkey, &point).unwrap();
        for (what, bytes, refusal) in cases {
            assert_eq!(verify(&key, digest, &bytes), Err(refusal), "{what}");
        }
    }

    #[test]
    fn the_upper_half_of_the_order_is_refused() {
        let (secret, point) = key();
        let digest = keccak256(b"ballot");
        let mut bytes = signed(&secret, &said(digest));
        let place = bytes.len() - 32;
        let low = Signature::from_slice(&bytes[place - 32..]).unwrap();
        let (_, s) = low.split_scalars();
        bytes[place..].copy_from_slice(&(-*s).to_bytes());
        let key = PublicKey::Passkey(point);
        assert_eq!(verify(&key, digest, &bytes), Err(SignatureRefusal::HighS));
    }

    #[test]
    fn a_new_key_is_read_in_the_one_spelling_of_ctap2() {
        let (_, point) = key();
        let mut bytes = vec![0; 32];
        bytes.push(0x45);
        bytes.extend_from_slice(&[0; 20]);
        bytes.extend_from_slice(&[0, 3, 1, 2, 3]);
        bytes.extend_from_slice(&COSE_HEAD);
        bytes.extend_from_slice(&point[..32]);
        bytes.extend_from_slice(&COSE_BETWEEN);
        bytes.extend_from_slice(&point[32..]);
        let made = AuthenticatorData::parse(&bytes).unwrap().made().unwrap();
        assert_eq!(
            made,
            Made {
                credential: &[1, 2, 3],
                public_key: point
            }
        );
        let refused = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut other = bytes.clone();
            change(&mut other);
            assert_eq!(
                AuthenticatorData::parse(&other).unwrap().made(),
                Err(SignatureRefusal::MalformedKey)
            );
        };
        refused(&|other| other[32] = 0x05);
        refused(&|other| other[54] = 0);
        refused(&|other| other[53] = 4);
        refused(&|other| other[62] ^= 1);
        refused(&|other| *other.last_mut().unwrap() ^= 1);
        refused(&|other| other.truncate(other.len() - 1));
    }
}
