//! The references under which a bank is told of a payment. They are derived from what is paid, so that a program that died in the
//! middle says the same again and the bank can tell that it has it already.

use crate::hash::{Hash32, keccak256_words};
use crate::record::tag;

/// The letters of base 32 without I, L, O and U, which people take for others.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many letters of a hash a reference has: 160 bits, within the 35 characters that banks keep.
const LENGTH: usize = 32;

/// One try to make a payment: another one after a bank refused or returned it is another reference.
#[must_use]
pub fn attempt(payout: Hash32, number: u32) -> Hash32 {
    keccak256_words(&[tag("PayoutAttemptV1"), payout, Hash32::from_u128(number.into())])
}

/// What the payment is called from end to end (`EndToEndId`): banks pass it on to the payee and back.
#[must_use]
pub fn end_to_end(attempt: Hash32) -> String {
    letters(attempt)
}

/// What a file is called (`MsgId`): the same tries in any order are the same file, and a bank refuses it the second time.
#[must_use]
pub fn message(attempts: &[Hash32]) -> String {
    let mut words: Vec<Hash32> = attempts.to_vec();
    words.sort_unstable();
    words.insert(0, tag("PayoutFileV1"));
    letters(keccak256_words(&words))
}

fn letters(hash: Hash32) -> String {
    let mut written = String::with_capacity(LENGTH);
    let (mut bits, mut held) = (0_u32, 0_u32);
    // Twenty bytes are thirty-two letters, with no bit left over.
    for byte in hash.as_bytes().iter().take(20) {
        bits = (bits << 8) | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            let place = usize::try_from((bits >> held) & 31).unwrap_or_default();
            written.push(LETTERS.get(place).copied().map_or('0', char::from));
        }
        bits &= (1 << held) - 1;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::keccak256;

    #[test]
    fn a_reference_is_of_what_is_paid_and_of_nothing_else() {
        let [one, other] = [keccak256(b"one"), keccak256(b"other")];
        assert_eq!(attempt(one, 1), attempt(one, 1));
        assert_ne!(attempt(one, 1), attempt(one, 2));
        assert_ne!(attempt(one, 1), attempt(other, 1));
        assert_eq!(message(&[one, other]), message(&[other, one]));
        assert_ne!(message(&[one, other]), message(&[one]));
        assert_ne!(
            message(&[one]),
            end_to_end(one),
            "a file is not called like its payment"
        );
    }

    #[test]
    fn a_reference_is_thirty_two_letters_of_base_32() {
        assert_eq!(letters(Hash32::ZERO), "0".repeat(32));
        assert_eq!(letters(Hash32::from_bytes([0xff; 32])), "Z".repeat(32));
        let mut counting = [0_u8; 32];
        // The first 160 bits, in fives: 0, 1, 2, ... 31.
        for place in 0..160_usize {
            let bit = ((place / 5) >> (4 - place % 5)) & 1;
            counting[place / 8] |= u8::try_from(bit << (7 - place % 8)).unwrap();
        }
        assert_eq!(letters(Hash32::from_bytes(counting)).as_bytes(), LETTERS);
    }
}
