//! Members' shares: what may move, and the interest on them.

use super::ShareTerms;
use crate::hash::{Hash32, keccak256_words};
use crate::id::MemberId;
use crate::ledger::Day;
use crate::revenue::{Amount, allocate};
use crate::rule::Ratio;

/// How shares move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ShareMove {
    /// A member promises to pay for them.
    Subscribed,
    /// The member paid.
    Paid,
    /// The promise is let go.
    Waived,
    /// Paid-up shares are given back, to be refunded.
    Withdrawn,
    /// They are refunded.
    Refunded,
}

impl ShareMove {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Subscribed,
        Self::Paid,
        Self::Waived,
        Self::Withdrawn,
        Self::Refunded,
    ];

    /// The name, which is what is hashed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Subscribed => "subscribed",
            Self::Paid => "paid",
            Self::Waived => "waived",
            Self::Withdrawn => "withdrawn",
            Self::Refunded => "refunded",
        }
    }

    /// The kind with a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether money comes or goes with it.
    #[must_use]
    pub const fn moves_money(self) -> bool {
        match self {
            Self::Paid | Self::Refunded => true,
            Self::Subscribed | Self::Waived | Self::Withdrawn => false,
        }
    }
}

/// The shares of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holding {
    /// Promised and not paid.
    pub unpaid: u64,
    /// Paid up.
    pub paid: u64,
    /// Given back and not refunded.
    pub leaving: u64,
}

/// Why shares cannot move so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShareRefusal {
    /// None at all.
    #[error("at least one share moves")]
    None,
    /// Who is no active member gets none.
    #[error("only an active member subscribes")]
    NotActive,
    /// More than there are.
    #[error("the member has {has} shares of which this can be said, and {asked} are asked for")]
    TooFew {
        /// How many there are.
        has: u64,
        /// How many were asked for.
        asked: u64,
    },
    /// Fewer or more than a member may have.
    #[error(
        "the member would have {would} shares; a member with shares has {least} to {most} of them, and all go only with the membership"
    )]
    Bounds {
        /// How many there would be.
        would: u64,
        /// The fewest.
        least: u32,
        /// The most.
        most: u32,
    },
    /// It is too early for a refund.
    #[error("{due} shares are due to be refunded, and {asked} are asked for; the terms say how long a refund waits")]
    NotDue {
        /// How many are due.
        due: u64,
        /// How many were asked for.
        asked: u64,
    },
}

impl Holding {
    /// What it is after a move that was recorded; `None` where there were fewer.
    #[must_use]
    pub fn after(self, kind: ShareMove, shares: u64) -> Option<Self> {
        let mut after = self;
        let (from, to) = match kind {
            ShareMove::Subscribed => (None, Some(&mut after.unpaid)),
            ShareMove::Paid => (Some(&mut after.unpaid), Some(&mut after.paid)),
            ShareMove::Waived => (Some(&mut after.unpaid), None),
            ShareMove::Withdrawn => (Some(&mut after.paid), Some(&mut after.leaving)),
            ShareMove::Refunded => (Some(&mut after.leaving), None),
        };
        if let Some(from) = from {
            *from = from.checked_sub(shares)?;
        }
        if let Some(to) = to {
            *to = to.checked_add(shares)?;
        }
        Some(after)
    }

    /// Decides about a move. `due` is how many shares are due to be refunded on its day.
    ///
    /// # Errors
    /// [`ShareRefusal`].
    pub fn decide(
        self,
        (kind, shares): (ShareMove, u64),
        (is_active, due): (bool, u64),
        terms: &ShareTerms,
    ) -> Result<Self, ShareRefusal> {
        if shares == 0 {
            return Err(ShareRefusal::None);
        }
        if kind == ShareMove::Subscribed && !is_active {
            return Err(ShareRefusal::NotActive);
        }
        let has = match kind {
            ShareMove::Subscribed => 0,
            ShareMove::Paid | ShareMove::Waived => self.unpaid,
            ShareMove::Withdrawn => self.paid,
            ShareMove::Refunded => self.leaving,
        };
        let after = self
            .after(kind, shares)
            .ok_or(ShareRefusal::TooFew { has, asked: shares })?;
        if kind == ShareMove::Refunded && shares > due {
            return Err(ShareRefusal::NotDue { due, asked: shares });
        }
        let would = after.paid.saturating_add(after.unpaid);
        let bounds = match kind {
            // Who leaves may take everything back; who stays keeps the fewest that a member has.
            ShareMove::Waived | ShareMove::Withdrawn if is_active => u64::from(terms.least)..=u64::MAX,
            ShareMove::Subscribed => u64::from(terms.least)..=u64::from(terms.most),
            ShareMove::Waived | ShareMove::Withdrawn | ShareMove::Paid | ShareMove::Refunded => 0..=u64::MAX,
        };
        if bounds.contains(&would) {
            return Ok(after);
        }
        Err(ShareRefusal::Bounds {
            would,
            least: terms.least,
            most: terms.most,
        })
    }
}

/// For how many days how many paid-up shares stood, from the first day to the last: a share counts from the day on which it was paid
/// up to the day before it was given back.
#[must_use]
pub fn share_days(moves: &[(ShareMove, u64, Day)], (first, last): (Day, Day)) -> u64 {
    let mut sum = 0_i128;
    for (kind, shares, day) in moves.iter().filter(|(_, _, day)| *day <= last) {
        let days = i128::from(last.days()) - i128::from((*day).max(first).days()) + 1;
        let weight = i128::from(*shares) * days;
        match kind {
            ShareMove::Paid => sum += weight,
            ShareMove::Withdrawn => sum -= weight,
            ShareMove::Subscribed | ShareMove::Waived | ShareMove::Refunded => {}
        }
    }
    u64::try_from(sum).unwrap_or_default()
}

/// How much of a year a member's shares stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stake {
    /// The member.
    pub member: MemberId,
    /// Shares times days.
    pub share_days: u64,
}

/// The interest of a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interest {
    /// The sum, in units of the ledger and whole minor units.
    pub total: u64,
    /// What each stake gets, in their order; whole minor units too.
    pub shares: Vec<u64>,
}

/// Why there is no interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InterestRefusal {
    /// More than the ledger holds.
    #[error("the interest is more than the ledger can hold")]
    TooLarge,
    /// Nothing comes to a minor unit.
    #[error("the interest comes to nothing")]
    Nothing,
}

/// The interest of a year: the exact sum over all members is `share-days * price * rate / days of the year`, rounded down to whole minor
/// units; it is shared by largest remainders in proportion to share-days, so that nobody is a minor unit or more away from the exact
/// interest on the sum. Nothing is carried to the next year. Of equal remainders the lower Keccak-256 of `word` and the member comes first.
///
/// # Errors
/// [`InterestRefusal`].
pub fn interest(
    (price, rate): (Amount, Ratio),
    (days, minor): (u16, u64),
    stakes: &[Stake],
    word: Hash32,
) -> Result<Interest, InterestRefusal> {
    let share_days: u128 = stakes.iter().map(|stake| u128::from(stake.share_days)).sum();
    let exact = u128::from(price.units()).checked_mul(u128::from(rate.share()));
    // The price is at most 10^14 units and a term of a ratio at most 2^53, so what is left of 128 bits are 28 of them; checked anyway.
    let exact = exact.and_then(|exact| wide_div(exact, share_days, u128::from(rate.whole()) * u128::from(days)));
    let minors = exact.ok_or(InterestRefusal::TooLarge)? / u128::from(minor.max(1));
    let pool = u64::try_from(minors).map_err(|_| InterestRefusal::TooLarge)?;
    if pool == 0 {
        return Err(InterestRefusal::Nothing);
    }
    let total = pool.checked_mul(minor).filter(|total| i64::try_from(*total).is_ok());
    let total = total.ok_or(InterestRefusal::TooLarge)?;
    let weights: Vec<u64> = stakes.iter().map(|stake| stake.share_days).collect();
    let tie = |place: usize| {
        let member = stakes.get(place).map_or(Hash32::ZERO, |stake| stake.member.word());
        keccak256_words(&[word, member])
    };
    let shares = allocate(pool, &weights, &tie).map_err(|_| InterestRefusal::TooLarge)?;
    Ok(Interest {
        total,
        shares: shares.into_iter().map(|share| share.saturating_mul(minor)).collect(),
    })
}

/// `one * other / by` rounded down, exactly, where 128 bits hold the steps: the whole part first, then what is left of it.
fn wide_div(one: u128, other: u128, by: u128) -> Option<u128> {
    let (whole, rest) = (one.checked_div(by)?, one.checked_rem(by)?);
    let rest = rest.checked_mul(other)?.checked_div(by)?;
    whole.checked_mul(other)?.checked_add(rest)
}
