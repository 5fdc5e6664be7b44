//! EIP-712 `encodeData` for the few kinds of field that records use.

use crate::hash::{Hash32, keccak256_words};

/// A field as one word of `encodeData`.
pub(super) trait Word {
    fn word(&self) -> Hash32;
}

impl Word for Hash32 {
    fn word(&self) -> Hash32 {
        *self
    }
}

impl Word for bool {
    fn word(&self) -> Hash32 {
        Hash32::from_u128(u128::from(*self))
    }
}

/// `string`: the Keccak-256 of its UTF-8 bytes.
impl Word for String {
    fn word(&self) -> Hash32 {
        crate::hash::keccak256(self.as_bytes())
    }
}

macro_rules! unsigned_word {
    ($($kind:ty),*) => {$(
        impl Word for $kind {
            fn word(&self) -> Hash32 {
                Hash32::from_u128(u128::from(*self))
            }
        }
    )*};
}

unsigned_word!(u8, u16, u32, u64, u128);

/// `int64`: two's complement, with the sign in the bytes before.
impl Word for i64 {
    fn word(&self) -> Hash32 {
        let mut bytes = [if *self < 0 { 0xff } else { 0 }; 32];
        for (place, byte) in bytes.iter_mut().rev().zip(self.to_be_bytes().iter().rev()) {
            *place = *byte;
        }
        Hash32::from_bytes(bytes)
    }
}

/// An array: the Keccak-256 of its element words laid end to end.
impl<T: Word> Word for Vec<T> {
    fn word(&self) -> Hash32 {
        let words: Vec<Hash32> = self.iter().map(Word::word).collect();
        keccak256_words(&words)
    }
}
