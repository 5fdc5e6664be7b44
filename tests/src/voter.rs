//! A member's own key, and ballots signed with it as any client would sign them.

use ed25519_dalek::{Signer as _, SigningKey};
use governance::hash::{Hash32, keccak256, to_hex};
use governance::id::{CoopId, MemberId, ProposalId};
use governance::record::{BallotV1, ChainDomain, DelegationV1, Domain, KeyRegistrationV1, digest};
use serde_json::{Value, json};

/// 32 random bytes.
///
/// # Panics
/// If there is no randomness.
#[must_use]
pub fn random_word() -> Hash32 {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("randomness");
    Hash32::from_bytes(bytes)
}

/// What a ballot of one proposal is bound to.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// The co-op.
    pub coop: CoopId,
    /// The proposal.
    pub proposal: ProposalId,
    /// The hash of its record.
    pub proposal_hash: Hash32,
    /// The signing domain.
    pub domain: Domain,
}

impl Question {
    /// Reads it from a proposal as the API shows it to somebody who may vote.
    ///
    /// # Panics
    /// If a part is missing.
    #[must_use]
    pub fn of(coop: CoopId, proposal: &Value) -> Self {
        Self::bound(
            coop,
            proposal,
            &proposal["signing"]["proposal_hash"],
            &proposal["signing"]["domain"],
        )
    }

    /// Reads it from the co-op and the proposal, for somebody who does not vote.
    ///
    /// # Panics
    /// If a part is missing.
    #[must_use]
    pub fn of_coop(coop: &Value, proposal: &Value) -> Self {
        let id = coop["id"].as_str().expect("an id").parse().expect("an id");
        Self::bound(id, proposal, &proposal["record_hash"], &coop["domain"])
    }

    fn bound(coop: CoopId, proposal: &Value, hash: &Value, domain: &Value) -> Self {
        let word = |value: &Value| value.as_str().expect("a word").parse::<Hash32>().expect("a word");
        let chain = domain["chain_id"].as_u64().map(|chain_id| ChainDomain {
            chain_id,
            contract: governance::hash::from_hex(domain["verifying_contract"].as_str().expect("an address"))
                .expect("hexadecimal digits")
                .try_into()
                .expect("20 bytes"),
        });
        Self {
            coop,
            proposal: proposal["id"].as_str().expect("an id").parse().expect("an id"),
            proposal_hash: word(hash),
            domain: Domain {
                namespace: word(&domain["salt"]),
                chain,
            },
        }
    }

    /// Where ballots go.
    #[must_use]
    pub fn ballots_path(&self) -> String {
        format!("coops/{}/proposals/{}/ballots", self.coop, self.proposal)
    }
}

/// A member with an Ed25519 key.
#[derive(Debug, Clone)]
pub struct Voter {
    /// The member.
    pub member: MemberId,
    key: SigningKey,
}

impl Voter {
    /// A member with a fresh key.
    #[must_use]
    pub fn new(member: MemberId) -> Self {
        Self {
            member,
            key: SigningKey::from_bytes(random_word().as_bytes()),
        }
    }

    /// The public key, as 0x and hexadecimal digits.
    #[must_use]
    pub fn public_key(&self) -> String {
        to_hex(self.key.verifying_key().as_bytes())
    }

    /// The body that registers the key.
    #[must_use]
    pub fn registration(&self, domain: &Domain) -> Value {
        let salt = random_word();
        let record = KeyRegistrationV1 {
            namespace: domain.namespace,
            member: self.member.word(),
            kind: 4,
            public_key: Hash32::from_bytes(self.key.verifying_key().to_bytes()),
            salt,
        };
        let signature = self.key.sign(digest(domain, &record).as_bytes());
        let proof = json!({"kind": "signature", "signature": to_hex(&signature.to_bytes())});
        json!({"kind": "ed25519", "public_key": self.public_key(), "salt": salt, "proof": proof})
    }

    /// The signature of a delegation for the whole co-op.
    #[must_use]
    pub fn delegation(&self, domain: &Domain, trustee: MemberId, until: i64, (revision, salt): (u64, Hash32)) -> Value {
        let record = DelegationV1 {
            namespace: domain.namespace,
            truster: self.member.word(),
            trustee: trustee.word(),
            scope_kind: 1,
            scope: Hash32::ZERO,
            valid_until: until.unsigned_abs(),
            revision,
            salt,
        };
        self.signed(digest(domain, &record))
    }

    /// The signature of any record, by its digest.
    #[must_use]
    pub fn signed(&self, digest: Hash32) -> Value {
        let signature = self.key.sign(digest.as_bytes());
        json!({"kind": "ed25519", "public_key": self.public_key(), "signature": to_hex(&signature.to_bytes())})
    }

    /// The body of a signed ballot.
    #[must_use]
    pub fn ballot(&self, question: &Question, revision: u64, options: &[u16], points: &[u32]) -> Value {
        self.ballot_with_reason(question, revision, (options, points), None)
    }

    /// The body of a signed ballot with a reason.
    #[must_use]
    pub fn ballot_with_reason(
        &self,
        question: &Question,
        revision: u64,
        (options, points): (&[u16], &[u32]),
        reason: Option<&str>,
    ) -> Value {
        let salt = random_word();
        let record = BallotV1 {
            namespace: question.domain.namespace,
            proposal: question.proposal.word(),
            proposal_hash: question.proposal_hash,
            voter: self.member.word(),
            revision,
            options: options.to_vec(),
            points: points.to_vec(),
            reason: reason.map_or(Hash32::ZERO, |reason| keccak256(reason.as_bytes())),
            salt,
        };
        let signature = self.key.sign(digest(&question.domain, &record).as_bytes());
        json!({
            "voter": self.member, "revision": revision, "options": options, "points": points, "reason": reason, "salt": salt,
            "signature": {"kind": "ed25519", "public_key": self.public_key(), "signature": to_hex(&signature.to_bytes())},
        })
    }
}
