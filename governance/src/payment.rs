//! Payments of what a posted cycle owes, and what becomes of them by what a bank says.
//!
//! A payment is tried at most once at a time. A try that was refused or came back may be followed by another one; silence is no answer, and
//! nothing is sent again because of it.

use uuid::Uuid;

use crate::hash::{Hash32, keccak256_words};
use crate::id::{MemberId, PayoutCycleId};
use crate::record::tag;

/// What is paid to a member for a cycle, as the word from which the references of its tries are derived.
#[must_use]
pub fn payment_word(cycle: PayoutCycleId, member: MemberId) -> Hash32 {
    keccak256_words(&[tag("PayoutPaymentV1"), cycle.word(), member.word()])
}

/// The identifier of a payment in the books: the beginning of its word.
#[must_use]
pub fn payment_id(word: Hash32) -> Uuid {
    let mut bytes = [0; 16];
    bytes
        .iter_mut()
        .zip(word.as_bytes())
        .for_each(|(byte, of_word)| *byte = *of_word);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Where a try to make a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttemptState {
    /// It is written down, and nobody outside was told.
    Prepared,
    /// The bank may have been told.
    Submitted,
    /// The bank will pay.
    Accepted,
    /// The bank should have said something, and did not.
    Unknown,
    /// It is paid.
    Settled,
    /// The bank did not pay.
    Rejected,
    /// It was paid and came back.
    Returned,
    /// It was taken back before anybody outside was told.
    Withdrawn,
}

impl AttemptState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Prepared,
        Self::Submitted,
        Self::Accepted,
        Self::Unknown,
        Self::Settled,
        Self::Rejected,
        Self::Returned,
        Self::Withdrawn,
    ];

    /// The name in rows and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Submitted => "submitted",
            Self::Accepted => "accepted",
            Self::Unknown => "unknown",
            Self::Settled => "settled",
            Self::Rejected => "rejected",
            Self::Returned => "returned",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether another try may follow: this one did not pay, and somebody said so.
    #[must_use]
    pub const fn may_be_tried_again(self) -> bool {
        matches!(self, Self::Rejected | Self::Returned | Self::Withdrawn)
    }
}

/// What a bank says of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It will pay.
    Accepted,
    /// It will not, and nothing moved.
    Rejected,
    /// So much left the account.
    Paid(i64),
    /// So much came back.
    Returned(i64),
    /// Nothing, in a statement of a day on which it should have.
    Nothing,
}

/// What follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It was known, or means nothing yet.
    Known,
    /// The try goes on, over these states; each of them but acceptance and silence moves something in the books.
    Goes(&'static [AttemptState]),
    /// It cannot be so. Nothing is changed, and a person must look.
    Contradiction(&'static str),
}

/// What becomes of a try for this amount by what a bank says.
#[must_use]
pub const fn hear(state: AttemptState, amount: i64, said: Said) -> Heard {
    match said {
        Said::Paid(paid) if paid != amount => {
            return Heard::Contradiction("the bank paid another amount than it was asked to");
        }
        Said::Returned(back) if back > amount || back <= 0 => {
            return Heard::Contradiction("more came back than was paid");
        }
        Said::Accepted | Said::Rejected | Said::Paid(_) | Said::Returned(_) | Said::Nothing => {}
    }
    match state {
        AttemptState::Prepared | AttemptState::Withdrawn => match said {
            Said::Nothing => Heard::Known,
            Said::Accepted | Said::Rejected | Said::Paid(_) | Said::Returned(_) => {
                Heard::Contradiction("the bank speaks of a payment that was not released")
            }
        },
        AttemptState::Submitted | AttemptState::Unknown | AttemptState::Accepted => match said {
            Said::Accepted if matches!(state, AttemptState::Accepted) => Heard::Known,
            Said::Accepted => Heard::Goes(&[AttemptState::Accepted]),
            Said::Rejected => Heard::Goes(&[AttemptState::Rejected]),
            Said::Paid(_) => Heard::Goes(&[AttemptState::Settled]),
            // What came back had been paid, in a statement that is still to come or that left it out.
            Said::Returned(_) => Heard::Goes(&[AttemptState::Settled, AttemptState::Returned]),
            Said::Nothing if matches!(state, AttemptState::Unknown) => Heard::Known,
            Said::Nothing => Heard::Goes(&[AttemptState::Unknown]),
        },
        AttemptState::Settled => match said {
            Said::Accepted | Said::Paid(_) | Said::Nothing => Heard::Known,
            Said::Returned(_) => Heard::Goes(&[AttemptState::Returned]),
            Said::Rejected => Heard::Contradiction("the bank refuses what it paid"),
        },
        AttemptState::Rejected => match said {
            Said::Rejected | Said::Nothing => Heard::Known,
            Said::Accepted | Said::Paid(_) | Said::Returned(_) => {
                Heard::Contradiction("the bank speaks of paying what it refused")
            }
        },
        AttemptState::Returned => match said {
            Said::Accepted | Said::Paid(_) | Said::Returned(_) | Said::Nothing => Heard::Known,
            Said::Rejected => Heard::Contradiction("the bank refuses what it paid and returned"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycle(number: u128) -> PayoutCycleId {
        PayoutCycleId::from_uuid(Uuid::from_u128(number))
    }

    fn member(number: u128) -> MemberId {
        MemberId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn a_payment_is_of_its_cycle_and_member_and_of_nothing_else() {
        let one = payment_word(cycle(1), member(2));
        assert_eq!(one, payment_word(cycle(1), member(2)));
        assert_ne!(one, payment_word(cycle(2), member(1)), "the two are not exchanged");
        assert_ne!(payment_id(one), payment_id(payment_word(cycle(1), member(3))));
    }

    #[test]
    fn what_a_bank_says_leads_on_or_is_refused_and_never_leads_back() {
        use AttemptState as S;
        let goes: [(S, Said, &[S]); 11] = [
            (S::Submitted, Said::Accepted, &[S::Accepted]),
            (S::Submitted, Said::Rejected, &[S::Rejected]),
            (S::Submitted, Said::Paid(5), &[S::Settled]),
            (S::Submitted, Said::Returned(4), &[S::Settled, S::Returned]),
            (S::Submitted, Said::Nothing, &[S::Unknown]),
            (S::Accepted, Said::Rejected, &[S::Rejected]),
            (S::Accepted, Said::Paid(5), &[S::Settled]),
            (S::Accepted, Said::Nothing, &[S::Unknown]),
            (S::Unknown, Said::Paid(5), &[S::Settled]),
            (S::Unknown, Said::Accepted, &[S::Accepted]),
            (S::Settled, Said::Returned(5), &[S::Returned]),
        ];
        for (state, said, expected) in goes {
            assert_eq!(hear(state, 5, said), Heard::Goes(expected), "{state:?} {said:?}");
        }
        for (state, said) in [
            (S::Prepared, Said::Paid(5)),
            (S::Withdrawn, Said::Accepted),
            (S::Rejected, Said::Paid(5)),
            (S::Settled, Said::Rejected),
            (S::Returned, Said::Rejected),
            (S::Submitted, Said::Paid(4)),
            (S::Settled, Said::Returned(6)),
            (S::Settled, Said::Returned(0)),
        ] {
            let heard = hear(state, 5, said);
            assert!(
                matches!(heard, Heard::Contradiction(_)),
                "{state:?} {said:?}: {heard:?}"
            );
        }
    }

    #[test]
    fn the_same_word_again_changes_nothing() {
        for state in AttemptState::ALL {
            for said in [
                Said::Accepted,
                Said::Rejected,
                Said::Paid(5),
                Said::Returned(3),
                Said::Nothing,
            ] {
                let Heard::Goes(states) = hear(state, 5, said) else {
                    continue;
                };
                let last = states.last().copied().unwrap();
                assert_eq!(hear(last, 5, said), Heard::Known, "{state:?} {said:?}");
            }
        }
    }
}
