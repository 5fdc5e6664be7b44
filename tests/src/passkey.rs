//! An authenticator and the browser in front of it, both open to whoever would lie.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use governance::hash::{Hash32, sha256, to_hex};
use governance::id::MemberId;
use governance::record::{BallotV1, Domain, KeyRegistrationV1, digest};
use governance::signature::PublicKey;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};

use crate::voter::{Question, random_word};

/// A passkey as its authenticator holds it, at a site.
#[derive(Debug, Clone)]
pub struct Passkey {
    /// The secret half.
    pub key: SigningKey,
    /// The site as the browser names it, `https://host:port`.
    pub origin: String,
    /// The host for which the key was made.
    pub host: String,
    /// What the authenticator says it made sure of.
    pub flags: u8,
    /// How often it signed.
    pub count: u32,
}

impl Passkey {
    /// A fresh one for the site at this address.
    ///
    /// # Panics
    /// If the address is none.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let host = url.split("//").nth(1).and_then(|rest| rest.split(':').next());
        Self {
            key: SigningKey::from_slice(random_word().as_bytes()).expect("a key"),
            origin: url.to_owned(),
            host: host.expect("a host").to_owned(),
            flags: 0x05,
            count: 0,
        }
    }

    /// Both coordinates of the point.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn point(&self) -> [u8; 64] {
        let point = self.key.verifying_key().to_sec1_point(false);
        point.as_bytes()[1..].try_into().expect("a point")
    }

    /// The name that the authenticator gave it: here the point.
    #[must_use]
    pub fn credential(&self) -> String {
        to_hex(&self.point())
    }

    fn authenticator(&self, flags: u8) -> Vec<u8> {
        let mut bytes = sha256(self.host.as_bytes()).as_bytes().to_vec();
        bytes.push(flags);
        bytes.extend_from_slice(&self.count.to_be_bytes());
        bytes
    }

    fn client(&self, kind: &str, challenge: Hash32) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(challenge.as_bytes());
        let origin = &self.origin;
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#)
    }

    /// What a browser tells of a key that was just made: authenticator data and client data.
    #[must_use]
    pub fn made(&self, challenge: Hash32) -> (String, String) {
        let point = self.point();
        let (x, y) = point.split_at(32);
        let mut bytes = self.authenticator(self.flags | 0x40);
        bytes.extend_from_slice(&[0; 16]);
        bytes.extend_from_slice(&[0, 64]);
        bytes.extend_from_slice(&point);
        bytes.extend_from_slice(&[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        bytes.extend_from_slice(x);
        bytes.extend_from_slice(&[0x22, 0x58, 0x20]);
        bytes.extend_from_slice(y);
        (
            to_hex(&bytes),
            to_hex(self.client("webauthn.create", challenge).as_bytes()),
        )
    }

    /// The answer to a challenge.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn answer(&self, challenge: Hash32) -> String {
        let authenticator = self.authenticator(self.flags);
        let client = self.client("webauthn.get", challenge);
        let signed = [&authenticator[..], sha256(client.as_bytes()).as_bytes()].concat();
        let signature: Signature = self.key.sign(&signed);
        let length = u16::try_from(authenticator.len()).expect("short").to_be_bytes();
        let signature = signature.normalize_s().to_bytes();
        to_hex(&[&length[..], &authenticator, client.as_bytes(), &signature].concat())
    }

    /// The body that registers it as a key of this member.
    #[must_use]
    pub fn registration(&self, domain: &Domain, member: MemberId) -> Value {
        let salt = random_word();
        let record = KeyRegistrationV1 {
            namespace: domain.namespace,
            member: member.word(),
            kind: 3,
            public_key: PublicKey::Passkey(self.point()).word(),
            salt,
        };
        let proof = json!({"kind": "signature", "signature": self.answer(digest(domain, &record))});
        json!({"kind": "passkey", "public_key": self.credential(), "salt": salt, "proof": proof})
    }

    /// The body of a signed first ballot.
    #[must_use]
    pub fn ballot(&self, question: &Question, member: MemberId, options: &[u16], points: &[u32]) -> Value {
        let salt = random_word();
        let record = BallotV1 {
            namespace: question.domain.namespace,
            proposal: question.proposal.word(),
            proposal_hash: question.proposal_hash,
            voter: member.word(),
            revision: 1,
            options: options.to_vec(),
            points: points.to_vec(),
            reason: Hash32::ZERO,
            salt,
        };
        let signature = self.answer(digest(&question.domain, &record));
        json!({
            "voter": member, "revision": 1, "options": options, "points": points, "salt": salt,
            "signature": {"kind": "passkey", "public_key": self.credential(), "signature": signature},
        })
    }
}
