//! What a leaf of the log commits to: 65 bytes that name a type and a record and reveal neither.

use super::tree;
use crate::hash::{Hash32, keccak256};
use crate::record::Record;

/// The length of an entry in bytes.
pub const ENTRY_BYTES: usize = 65;

/// The first byte of every entry; another layout would begin with another.
const ENTRY_VERSION: u8 = 1;

/// An entry of the log: the version, the hash of a type string and the struct hash of a record with namespace and salt.
///
/// Once a record and its salt are erased, nothing can be guessed from its entry, and every proof stays valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogEntry {
    /// The Keccak-256 of the record's EIP-712 type string.
    pub type_hash: Hash32,
    /// The record's struct hash.
    pub record_hash: Hash32,
}

impl LogEntry {
    /// The entry of a record.
    #[must_use]
    pub fn of<R: Record>(record: &R) -> Self {
        Self {
            type_hash: keccak256(R::TYPE.as_bytes()),
            record_hash: record.struct_hash(),
        }
    }

    /// The bytes of the entry: `0x01 ‖ type hash ‖ record hash`.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [ENTRY_VERSION; ENTRY_BYTES];
        let hashes = self.type_hash.as_bytes().iter().chain(self.record_hash.as_bytes());
        for (place, byte) in bytes.iter_mut().skip(1).zip(hashes) {
            *place = *byte;
        }
        bytes
    }

    /// Reads an entry; `None` for another length or version.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (version, hashes) = bytes.split_first()?;
        let (type_hash, record_hash) = hashes.split_first_chunk::<32>()?;
        (*version == ENTRY_VERSION).then_some(Self {
            type_hash: Hash32::from_bytes(*type_hash),
            record_hash: Hash32::from_slice(record_hash)?,
        })
    }

    /// The hash of the entry as a leaf of the tree.
    #[must_use]
    pub fn leaf_hash(&self) -> Hash32 {
        tree::leaf_hash(&self.to_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_one_spelling_of_65_bytes() {
        let entry = LogEntry {
            type_hash: keccak256(b"type"),
            record_hash: keccak256(b"record"),
        };
        let bytes = entry.to_bytes();
        assert_eq!(bytes[0], 1);
        assert_eq!(bytes[1..33], *keccak256(b"type").as_bytes());
        assert_eq!(LogEntry::parse(&bytes), Some(entry));
        let mut other = bytes.to_vec();
        other[0] = 2;
        assert_eq!(LogEntry::parse(&other), None, "another version");
        assert_eq!(LogEntry::parse(&bytes[..64]), None, "a byte short");
        assert_eq!(LogEntry::parse(&[&bytes[..], &[0]].concat()), None, "a byte long");
        assert_eq!(LogEntry::parse(&[]), None);
    }
}
