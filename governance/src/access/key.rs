//! The text of a key: `rdk_<id>_<secret>_<crc>`.
//!
//! The id holds the co-op and the key, so that the books of one co-op alone are asked; the secret has 256 bits; the check digits let a
//! scanner for leaked secrets tell a key from a text that looks like one. Both texts are base32 (RFC 4648, small letters, no filling).

use std::fmt::Write as _;

use uuid::Uuid;

use crate::id::CoopId;

const PREFIX: &str = "rdk_";
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// The letters of 32 bytes.
const LETTERS: usize = 52;
/// The length of a key: the prefix, two times the letters of 32 bytes, two strokes, eight hexadecimal digits.
const LENGTH: usize = 118;

/// What a key says. It has no `Debug`, since it holds the secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyParts {
    /// The co-op.
    pub coop: CoopId,
    /// The key.
    pub id: Uuid,
    /// What only its holder knows.
    pub secret: [u8; 32],
}

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key reads rdk_<id>_<secret>_<check digits>, and its check digits fit")]
pub struct KeyRefusal;

impl KeyParts {
    /// Its text, to be shown once.
    #[must_use]
    pub fn text(&self) -> String {
        let mut id = [0; 32];
        let (coop, key) = id.split_at_mut(16);
        coop.copy_from_slice(self.coop.uuid().as_bytes());
        key.copy_from_slice(self.id.as_bytes());
        let mut text = format!("{PREFIX}{}_{}", letters(&id), letters(&self.secret));
        let check = crc32(text.as_bytes());
        // Writing to a string cannot fail.
        let _ = write!(text, "_{check:08x}");
        text
    }

    /// Reads a text, which has exactly one form.
    ///
    /// # Errors
    /// [`KeyRefusal`].
    pub fn read(text: &str) -> Result<Self, KeyRefusal> {
        if text.len() != LENGTH {
            return Err(KeyRefusal);
        }
        let mut parts = text.strip_prefix(PREFIX).ok_or(KeyRefusal)?.split('_');
        let (id, secret) = (parts.next(), parts.next());
        let id = id.and_then(bytes).ok_or(KeyRefusal)?;
        let secret = secret.and_then(bytes).ok_or(KeyRefusal)?;
        let (coop, key) = id.split_at(16);
        let parts = Self {
            coop: CoopId::from_uuid(Uuid::from_slice(coop).map_err(|_| KeyRefusal)?),
            id: Uuid::from_slice(key).map_err(|_| KeyRefusal)?,
            secret,
        };
        // Also refuses capitals, false check digits and whatever follows.
        if parts.text() == text {
            Ok(parts)
        } else {
            Err(KeyRefusal)
        }
    }
}

fn letters(bytes: &[u8; 32]) -> String {
    let mut text = String::with_capacity(LETTERS);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        count = count.saturating_add(8);
        while count >= 5 {
            count = count.saturating_sub(5);
            text.push(letter(bits >> count));
        }
        bits &= 0xff;
    }
    // 256 bits are 51 letters and one bit.
    text.push(letter(bits << 4));
    text
}

fn letter(bits: u32) -> char {
    let index = usize::try_from(bits & 31).unwrap_or_default();
    ALPHABET.get(index).copied().map_or('a', char::from)
}

fn bytes(text: &str) -> Option<[u8; 32]> {
    if text.len() != LETTERS {
        return None;
    }
    let mut found = Vec::with_capacity(32);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        bits = (bits << 5) | u32::try_from(value).ok()?;
        count = count.saturating_add(5);
        if count >= 8 {
            count = count.saturating_sub(8);
            found.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
        bits &= 0xff;
    }
    found.try_into().ok()
}

/// The CRC-32 of IEEE 802.3, bit by bit: keys are short.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(coop: u128, id: u128, secret: [u8; 32]) -> KeyParts {
        KeyParts {
            coop: CoopId::from_uuid(Uuid::from_u128(coop)),
            id: Uuid::from_u128(id),
            secret,
        }
    }

    #[test]
    fn the_check_digits_are_those_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn letters_are_those_of_rfc_4648() {
        let mut foobar = [0; 32];
        foobar[..6].copy_from_slice(b"foobar");
        assert!(letters(&foobar).starts_with("mzxw6ytboi"));
        assert_eq!(letters(&[0xff; 32]), format!("{}q", "7".repeat(51)));
    }

    proptest! {
        #[test]
        fn a_key_is_read_as_it_was_written_and_no_other_letter_will_do(
            coop: u128, id: u128, secret: [u8; 32], place in 0..LENGTH, letter in "[a-zA-Z0-9_]",
        ) {
            let key = parts(coop, id, secret);
            let text = key.text();
            prop_assert_eq!(text.len(), LENGTH);
            prop_assert!(KeyParts::read(&text) == Ok(key));
            let mut changed = text.clone();
            changed.replace_range(place..=place, &letter);
            prop_assert!(changed == text || KeyParts::read(&changed).is_err());
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let text = parts(1, 2, [3; 32]).text();
        for wrong in [
            "",
            "rdk_",
            "sk-abc",
            text.get(..LENGTH - 1).unwrap(),
            &format!("{text}0"),
            &text.to_uppercase(),
            &"é".repeat(59),
        ] {
            assert!(KeyParts::read(wrong).is_err(), "{wrong}");
        }
    }
}
