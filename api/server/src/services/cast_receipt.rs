//! The receipt of a stored ballot: made after its commit, and by the request itself, so that the lane goes on to the next batch.

use chrono::{DateTime, Utc};
use governance::hash::{Hash32, to_hex};
use governance::id::ProposalId;
use governance::record::{ReceiptV1, Record as _, digest_under};
use governance::signature::SignatureKind;
use store::ballot::{AcceptedBallot, EarlierBallot, NewBallot};
use wire::ballot::BallotReceipt;

use crate::http::answer::Answer;
use crate::problem::Problem;
use crate::secrets::Secrets;

/// What all receipts of a co-op share.
#[derive(Debug, Clone, Copy)]
pub struct Under {
    /// The namespace of the co-op.
    pub namespace: Hash32,
    /// Of the domain without the chain: a receipt is the server's word and needs no contract to be checked.
    pub separator: Hash32,
}

/// A ballot that is stored for good, as its receipt tells of it.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    proposal: ProposalId,
    revision: i64,
    record_hash: Hash32,
    salt: Hash32,
    kind: i16,
    sequence: i64,
    cast_at: DateTime<Utc>,
    is_replay: bool,
}

impl Told {
    /// A ballot that was stored just now.
    #[must_use]
    pub fn of(ballot: &NewBallot, row: &AcceptedBallot) -> Self {
        Self {
            proposal: ProposalId::from_uuid(ballot.proposal),
            revision: ballot.revision,
            record_hash: Hash32::from_bytes(ballot.record_hash),
            salt: Hash32::from_bytes(ballot.salt),
            kind: ballot.kind,
            sequence: row.sequence,
            cast_at: row.cast_at,
            is_replay: false,
        }
    }

    /// The ballot that the same request cast before; `None` if its row is damaged.
    #[must_use]
    pub fn of_earlier(ballot: &NewBallot, earlier: &EarlierBallot) -> Option<Self> {
        Some(Self {
            proposal: ProposalId::from_uuid(ballot.proposal),
            revision: earlier.revision,
            record_hash: Hash32::from_slice(&earlier.record_hash)?,
            salt: Hash32::from_slice(&earlier.salt)?,
            kind: earlier.kind,
            sequence: earlier.sequence,
            cast_at: earlier.cast_at,
            is_replay: true,
        })
    }

    /// How the ballot is signed.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        u8::try_from(self.kind)
            .ok()
            .and_then(SignatureKind::from_code)
            .map_or("unknown", SignatureKind::name)
    }

    /// The receipt. It follows from the ballot, byte for byte, however often it is asked for.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn receipt(&self, under: Under, secrets: &Secrets) -> Result<Answer, Problem> {
        let receipt = ReceiptV1 {
            namespace: under.namespace,
            subject: self.proposal.word(),
            record_hash: self.record_hash,
            sequence: self.sequence.unsigned_abs(),
            at: self.cast_at.timestamp().unsigned_abs(),
            salt: self.salt,
        };
        let signature = secrets.attest(digest_under(under.separator, receipt.struct_hash()));
        let answer = Answer::created(&BallotReceipt {
            record_hash: receipt.record_hash,
            sequence: receipt.sequence,
            at: self.cast_at,
            revision: self.revision.unsigned_abs(),
            signature_kind: self.kind_name().to_owned(),
            receipt,
            receipt_signature: to_hex(&signature),
            server_key: secrets.server_key().to_string(),
        })?;
        Ok(Answer {
            is_replay: self.is_replay,
            ..answer
        })
    }
}
