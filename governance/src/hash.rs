//! Thirty-two byte hashes, and Keccak-256, by which records, signatures and anchors are hashed. The log over the records and the
//! digests of a bundle are SHA-256, as others' programs expect.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha3::{Digest, Keccak256};

/// A 32-byte word: a hash, an identifier as a word, or a salt. Written as `0x` and 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hash32([u8; 32]);

/// Why a text is not a [`Hash32`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 0x followed by 64 lower-case hexadecimal digits")]
pub struct HashTextError;

impl Hash32 {
    /// The word of 32 zero bytes; the root of an empty set.
    pub const ZERO: Self = Self([0; 32]);

    /// Wraps 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads exactly 32 bytes; `None` for any other length.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// An unsigned integer as a big-endian word.
    #[must_use]
    pub fn from_u128(value: u128) -> Self {
        let mut word = [0; 32];
        for (place, byte) in word.iter_mut().skip(16).zip(value.to_be_bytes()) {
            *place = byte;
        }
        Self(word)
    }

    /// Up to 32 bytes, padded with zero bytes on the left; longer input keeps its last 32 bytes.
    #[must_use]
    pub fn left_padded(bytes: &[u8]) -> Self {
        let mut word = [0; 32];
        for (place, byte) in word.iter_mut().rev().zip(bytes.iter().rev()) {
            *place = *byte;
        }
        Self(word)
    }
}

impl fmt::Display for Hash32 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for Hash32 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Hash32 {
    type Err = HashTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        from_hex(text)
            .and_then(|bytes| Self::from_slice(&bytes))
            .ok_or(HashTextError)
    }
}

impl Serialize for Hash32 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Keccak-256 of `bytes`, as the EVM computes it (not the later SHA3-256).
#[must_use]
pub fn keccak256(bytes: &[u8]) -> Hash32 {
    Hash32(Keccak256::digest(bytes).into())
}

/// SHA-256, where the world around us uses it: authenticators sign over it.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Hash32 {
    Hash32(sha2::Sha256::digest(bytes).into())
}

/// Keccak-256 of the words laid end to end.
#[must_use]
pub fn keccak256_words(words: &[Hash32]) -> Hash32 {
    let mut hasher = Keccak256::new();
    for word in words {
        hasher.update(word.0);
    }
    Hash32(hasher.finalize().into())
}

/// Writes bytes as `0x` and lower-case hexadecimal digits.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2).saturating_add(2));
    text.push_str("0x");
    for byte in bytes {
        for nibble in [byte >> 4, byte & 0x0f] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    text
}

/// Reads `0x` and an even number of lower-case hexadecimal digits; `None` for anything else, upper case included, so that each
/// value has exactly one text.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some((nibble(*high)? << 4) | nibble(*low)?),
            _ => None,
        })
        .collect()
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'a'..=b'f' => digit.checked_sub(b'a').and_then(|value| value.checked_add(10)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keccak_of_nothing_is_the_published_value() {
        assert_eq!(
            keccak256(b"").to_string(),
            "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
        );
    }

    #[test]
    fn a_hash_has_exactly_one_text() {
        let word = keccak256(b"rochdale");
        let text = word.to_string();
        assert_eq!(text.parse::<Hash32>(), Ok(word));
        for wrong in [
            text.to_uppercase(),
            text.replace("0x", ""),
            format!("{text}0"),
            format!("{text}00"),
        ] {
            assert_eq!(wrong.parse::<Hash32>(), Err(HashTextError), "{wrong}");
        }
    }

    #[test]
    fn integers_and_short_bytes_are_padded_on_the_left() {
        assert_eq!(Hash32::from_u128(258), Hash32::left_padded(&[1, 2]));
    }
}
