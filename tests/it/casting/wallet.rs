//! A member with an Ethereum wallet, as any wallet signs EIP-712 digests: 65 bytes r, s, v.

use governance::hash::{Hash32, keccak256, to_hex};
use governance::id::MemberId;
use governance::record::{BallotV1, Domain, KeyRegistrationV1, digest};
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use secp256k1::{Message, PublicKey, SecretKey};
use serde_json::{Value, json};
use tests::voter::{Question, random_word};

/// The order of the curve.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc,
    0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

/// A member's wallet.
#[derive(Clone)]
pub struct Wallet {
    /// The member.
    pub member: MemberId,
    key: SecretKey,
}

impl Wallet {
    /// A fresh one.
    pub fn new(member: MemberId) -> Self {
        // All but a hopelessly small part of all words are keys.
        let key = SecretKey::from_secret_bytes(*random_word().as_bytes()).expect("a key");
        Self { member, key }
    }

    /// Its address.
    pub fn address(&self) -> String {
        let point = PublicKey::from_secret_key(&self.key).serialize_uncompressed();
        to_hex(&keccak256(&point[1..]).as_bytes()[12..])
    }

    /// Signs a digest.
    pub fn sign(&self, digest: Hash32) -> Vec<u8> {
        let message = Message::from_digest(*digest.as_bytes());
        let signature = RecoverableSignature::sign_ecdsa_recoverable(message, &self.key);
        let (recovery, compact) = signature.serialize_compact();
        let mut bytes = compact.to_vec();
        bytes.push(if recovery == RecoveryId::Zero { 27 } else { 28 });
        bytes
    }

    /// The body that registers it.
    pub fn registration(&self, domain: &Domain) -> Value {
        let salt = random_word();
        let address = governance::hash::from_hex(&self.address()).expect("an address");
        let record = KeyRegistrationV1 {
            namespace: domain.namespace,
            member: self.member.word(),
            kind: 1,
            public_key: Hash32::left_padded(&address),
            salt,
        };
        let proof = json!({"kind": "signature", "signature": to_hex(&self.sign(digest(domain, &record)))});
        json!({"kind": "wallet", "public_key": self.address(), "salt": salt, "proof": proof})
    }

    /// The body of a signed ballot.
    pub fn ballot(&self, question: &Question, revision: u64, options: &[u16], points: &[u32]) -> Value {
        let salt = random_word();
        let record = BallotV1 {
            namespace: question.domain.namespace,
            proposal: question.proposal.word(),
            proposal_hash: question.proposal_hash,
            voter: self.member.word(),
            revision,
            options: options.to_vec(),
            points: points.to_vec(),
            reason: Hash32::ZERO,
            salt,
        };
        let signature = self.sign(digest(&question.domain, &record));
        json!({
            "voter": self.member, "revision": revision, "options": options, "points": points, "salt": salt,
            "signature": {"kind": "wallet", "public_key": self.address(), "signature": to_hex(&signature)},
        })
    }
}

/// The other signature of the same digest: n - s, with the other v. Anyone can make it from the first, without the key.
pub fn mirrored(signature: &[u8]) -> Vec<u8> {
    let mut mirrored = signature.to_vec();
    let mut borrow = 0;
    for place in (0..32).rev() {
        let difference = i16::from(ORDER[place]) - i16::from(mirrored[32 + place]) - borrow;
        borrow = i16::from(difference < 0);
        mirrored[32 + place] = u8::try_from(difference.rem_euclid(256)).expect("a byte");
    }
    mirrored[64] = if mirrored[64] == 27 { 28 } else { 27 };
    mirrored
}
