//! The digest of a transaction, which its row in the database carries and its event in the log.

use sha2::{Digest as _, Sha256};

use super::{Day, JournalKind, Posting};
use crate::hash::Hash32;
use crate::id::{CoopId, JournalId};

/// What makes the digest of a transaction no digest of anything else.
const TAG: &[u8] = b"rochdale.journal.v1";
/// How many bytes the code of a currency takes, padded with blanks on the right.
const CODE_BYTES: usize = super::CODE_LENGTH_MAX;

/// What a transaction says beside its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalHead<'a> {
    /// Whose books.
    pub coop: CoopId,
    /// The transaction.
    pub id: JournalId,
    /// What it records.
    pub kind: JournalKind,
    /// The day on which it takes effect in the books.
    pub effective_on: Day,
    /// The transaction that it undoes.
    pub reverses: Option<JournalId>,
    /// What it is for.
    pub description: &'a str,
}

/// SHA-256 over: the tag; co-op and transaction, 16 bytes each; the day, 4 bytes, signed; the transaction that it undoes, 16 bytes or
/// as many zeros; the SHA-256 of the name of its kind, and of its description; the number of its entries, 4 bytes; then for each
/// entry in order its account, 16 bytes, the code of its currency, 12 bytes, its amount, 8 bytes, signed, and what it is about, 16
/// bytes or zeros. Numbers are big-endian. PostgreSQL computes the same from its rows (`journal_digest` in the migrations).
#[must_use]
pub fn journal_digest(head: &JournalHead<'_>, posting: &Posting) -> Hash32 {
    let mut hasher = Sha256::new();
    hasher.update(TAG);
    hasher.update(head.coop.uuid().as_bytes());
    hasher.update(head.id.uuid().as_bytes());
    hasher.update(head.effective_on.days().to_be_bytes());
    hasher.update(head.reverses.map_or([0; 16], |id| id.uuid().into_bytes()));
    hasher.update(Sha256::digest(head.kind.name()));
    hasher.update(Sha256::digest(head.description));
    // At most two million (ENTRIES_MAX), so it fits.
    hasher.update(u32::try_from(posting.entries().len()).unwrap_or(u32::MAX).to_be_bytes());
    for entry in posting.entries() {
        hasher.update(entry.account.id.uuid().as_bytes());
        hasher.update(format!("{:CODE_BYTES$}", entry.account.currency.code()));
        hasher.update(entry.amount.to_be_bytes());
        hasher.update(entry.reference.map_or([0; 16], uuid::Uuid::into_bytes));
    }
    Hash32::from_bytes(hasher.finalize().into())
}
