//! Numbers in the words of events.

use governance::hash::Hash32;

/// A number as a word.
pub(super) fn number(value: u64) -> Hash32 {
    Hash32::from_u128(u128::from(value))
}

/// A word as the number that it is, if it is a small one.
pub(super) fn small(word: Hash32) -> Option<u64> {
    word.as_bytes()
        .split_last_chunk::<8>()
        .filter(|(high, _)| high.iter().all(|byte| *byte == 0))
        .map(|(_, low)| u64::from_be_bytes(*low))
}

/// A word for people: as the number that it is, if it is a small one.
pub(super) fn shown(word: Hash32) -> String {
    small(word).map_or_else(|| word.to_string(), |number| number.to_string())
}
