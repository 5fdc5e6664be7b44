//! Digests of a computation, and the order in which equal remainders get a unit: SHA-256, which PostgreSQL computes too.

use sha2::{Digest as _, Sha256};

use super::payout::Payment;
use super::waterfall::{Receiver, StepComputed};
use super::{Amount, Label};
use crate::hash::{Hash32, keccak256};

/// The word of a cycle: `SHA-256(digest of the cycle before ‖ keccak256(period))`. Members exist before it does, so nobody can choose an
/// id that wins ties.
#[must_use]
pub fn cycle_word(previous: Hash32, period: &str) -> Hash32 {
    of(&[previous, keccak256(period.as_bytes())])
}

/// Where a receiver stands among equal remainders, lowest first: `SHA-256(rule hash ‖ cycle ‖ keccak256(step) ‖ receiver)`. The receiver
/// is the member's id as a word, or the Keccak-256 of a pool's name.
#[must_use]
pub fn tie_word(rule: Hash32, cycle: Hash32, step: &Label, receiver: Hash32) -> Hash32 {
    of(&[rule, cycle, step.word(), receiver])
}

/// The digest of a cycle: `SHA-256(rule hash ‖ cycle ‖ revenue ‖ digest of each step)`, the revenue as a word.
#[must_use]
pub fn cycle_digest(rule: Hash32, cycle: Hash32, revenue: Amount, steps: &[StepComputed]) -> Hash32 {
    let mut words = vec![rule, cycle, Hash32::from_u128(u128::from(revenue.units()))];
    words.extend(steps.iter().map(|step| step.digest));
    of(&words)
}

/// The digest of what is paid: for each member in the order of their ids the id as a word, then withheld, paid, dormant and carried as
/// eight bytes each, the last one in two's complement. Members whose four amounts are all 0 are left out.
#[must_use]
pub fn payout_digest(payments: &[Payment]) -> Hash32 {
    let mut hasher = Sha256::new();
    for payment in payments.iter().filter(|payment| payment.says_something()) {
        hasher.update(payment.member.word().as_bytes());
        for amount in [payment.withheld, payment.paid, payment.dormant] {
            hasher.update(amount.units().to_be_bytes());
        }
        hasher.update(payment.carried.units().to_be_bytes());
    }
    Hash32::from_bytes(hasher.finalize().into())
}

/// The digest of a step: `SHA-256(keccak256(step) ‖ lines)`, each line the receiver as a word and the amount as eight bytes.
pub(super) fn step_digest<'a>(step: &Label, lines: impl Iterator<Item = (&'a Receiver, Amount)>) -> Hash32 {
    let mut hasher = Sha256::new();
    hasher.update(step.word().as_bytes());
    for (receiver, amount) in lines {
        hasher.update(receiver.word().as_bytes());
        hasher.update(amount.units().to_be_bytes());
    }
    Hash32::from_bytes(hasher.finalize().into())
}

fn of(words: &[Hash32]) -> Hash32 {
    let mut hasher = Sha256::new();
    for word in words {
        hasher.update(word.as_bytes());
    }
    Hash32::from_bytes(hasher.finalize().into())
}
