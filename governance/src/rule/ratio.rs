//! Shares as ratios of integers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A share between nothing and the whole, as two integers; `2/4` and `1/2` are different texts of the same share and are kept as
/// written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Terms", into = "Terms")]
pub struct Ratio {
    share: u64,
    whole: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    share: u64,
    whole: u64,
}

/// The largest term: the terms are numbers in JSON, and many readers, JavaScript's among them, hold integers exactly up to 2^53 - 1
/// alone. Beyond it a portal could show another share than the one that is counted by.
pub(super) const TERM_MAX: u64 = (1 << 53) - 1;

/// Why two integers are not a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RatioRefusal {
    /// The whole is zero.
    #[error("the whole of a share must be at least 1")]
    NoWhole,
    /// More than every reader of JSON counts exactly.
    #[error("the terms of a share may be at most {TERM_MAX}: {share}/{whole}")]
    TooLarge {
        /// The upper term.
        share: u64,
        /// The lower term.
        whole: u64,
    },
    /// More than the whole.
    #[error("a share cannot be more than the whole: {share}/{whole}")]
    TooMuch {
        /// The upper term.
        share: u64,
        /// The lower term.
        whole: u64,
    },
}

impl Ratio {
    /// A share written in the program; the terms must be valid.
    #[must_use]
    pub(crate) const fn of(share: u64, whole: u64) -> Self {
        Self { share, whole }
    }

    /// `share / whole`.
    ///
    /// # Errors
    /// [`RatioRefusal`] unless `share <= whole`, `whole >= 1` and both are at most 2^53 - 1.
    pub const fn new(share: u64, whole: u64) -> Result<Self, RatioRefusal> {
        if whole == 0 {
            return Err(RatioRefusal::NoWhole);
        }
        if share > TERM_MAX || whole > TERM_MAX {
            return Err(RatioRefusal::TooLarge { share, whole });
        }
        if share > whole {
            return Err(RatioRefusal::TooMuch { share, whole });
        }
        Ok(Self { share, whole })
    }

    /// The upper term.
    #[must_use]
    pub const fn share(self) -> u64 {
        self.share
    }

    /// The lower term.
    #[must_use]
    pub const fn whole(self) -> u64 {
        self.whole
    }

    /// Whether it is written as 1/1, which reads "all".
    pub(super) const fn is_written_whole(self) -> bool {
        self.share == 1 && self.whole == 1
    }

    /// Whether it is written as 0/1, which reads "none".
    pub(super) const fn is_written_none(self) -> bool {
        self.share == 0 && self.whole == 1
    }

    /// Whether `part` is at least this share of `base`; a share of nothing is not reached.
    #[must_use]
    pub fn reached(self, part: u128, base: u128) -> bool {
        base > 0 && product(part, self.whole) >= product(base, self.share)
    }

    /// Whether `part` is more than this share of `base`.
    #[must_use]
    pub fn exceeded(self, part: u128, base: u128) -> bool {
        base > 0 && product(part, self.whole) > product(base, self.share)
    }

    /// Whether `part` is no more than this share of `base`; nothing is no more than any share of nothing.
    #[must_use]
    pub fn not_passed(self, part: u128, base: u128) -> bool {
        product(part, self.whole) <= product(base, self.share)
    }
}

/// `weight × term` exactly, as the part above 128 bits and the 128 bits below.
fn product(weight: u128, term: u64) -> (u128, u128) {
    wide_product(weight, u128::from(term))
}

/// `left × right` exactly, as the part above 128 bits and the 128 bits below, so that no comparison of two products can overflow
/// whatever the numbers.
pub(super) const fn wide_product(left: u128, right: u128) -> (u128, u128) {
    const LOW: u128 = u128::MAX >> 64;
    let (left_high, left_low) = (left >> 64, left & LOW);
    let (right_high, right_low) = (right >> 64, right & LOW);
    // Schoolbook multiplication with digits of 64 bits. A product of two digits and the carries of two more fit into 128 bits:
    // (2^64 - 1)^2 + 2 (2^64 - 1) = 2^128 - 1.
    let lowest = left_low.wrapping_mul(right_low);
    let one_way = left_high.wrapping_mul(right_low).wrapping_add(lowest >> 64);
    let middle = left_low.wrapping_mul(right_high).wrapping_add(one_way & LOW);
    let high = left_high
        .wrapping_mul(right_high)
        .wrapping_add(one_way >> 64)
        .wrapping_add(middle >> 64);
    (high, (middle << 64) | (lowest & LOW))
}

impl TryFrom<Terms> for Ratio {
    type Error = RatioRefusal;

    fn try_from(terms: Terms) -> Result<Self, Self::Error> {
        Self::new(terms.share, terms.whole)
    }
}

impl From<Ratio> for Terms {
    fn from(ratio: Ratio) -> Self {
        Self {
            share: ratio.share,
            whole: ratio.whole,
        }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.share, self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_terms_that_every_reader_of_json_counts_exactly() {
        let too_large = TERM_MAX + 1;
        let cases = [
            (1, 2, true),
            (TERM_MAX, TERM_MAX, true),
            (1, too_large, false),
            (too_large, too_large, false),
            (u64::MAX, u64::MAX, false),
            (3, 2, false),
            (0, 0, false),
        ];
        for (share, whole, is_share) in cases {
            assert_eq!(Ratio::new(share, whole).is_ok(), is_share, "{share}/{whole}");
            let read: Result<Ratio, _> = serde_json::from_str(&format!(r#"{{"share":{share},"whole":{whole}}}"#));
            assert_eq!(read.is_ok(), is_share, "{share}/{whole} from JSON");
        }
    }
}
