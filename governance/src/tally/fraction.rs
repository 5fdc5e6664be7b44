//! Exact ratios of any size as texts.

use std::fmt;
use std::str::FromStr;

use num_bigint::BigUint;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest text of a ratio, in characters; what counts make stays far below.
const LENGTH_MAX: usize = 20_000;

/// A ratio of two whole numbers without a common divisor, written with a stroke: `"7/2"`, `"3/1"`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fraction {
    text: String,
}

/// Why a text is not a [`Fraction`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected two whole numbers with a stroke between them, at most {LENGTH_MAX} characters")]
pub struct FractionTextError;

impl Fraction {
    /// `numerator / denominator`, reduced; the denominator must not be zero.
    #[must_use]
    pub fn reduced(numerator: &BigUint, denominator: &BigUint) -> Self {
        let (mut common, mut rest) = (numerator.clone(), denominator.clone());
        while rest != BigUint::ZERO {
            let next = &common % &rest;
            common = std::mem::replace(&mut rest, next);
        }
        // Zero only where both are.
        let common = common.max(BigUint::from(1_u8));
        Self {
            text: format!("{}/{}", numerator / &common, denominator / &common),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for Fraction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Fraction {
    type Err = FractionTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_number = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            plain && !digits.is_empty() && (digits == "0" || !digits.starts_with('0'))
        };
        match text.split_once('/') {
            Some((numerator, denominator))
                if text.len() <= LENGTH_MAX && is_number(numerator) && is_number(denominator) && denominator != "0" =>
            {
                Ok(Self { text: text.to_owned() })
            }
            Some(_) | None => Err(FractionTextError),
        }
    }
}

impl Serialize for Fraction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Fraction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_reduced_and_reads_back_and_nothing_else_does() {
        for (numerator, denominator, text) in [(14, 4, "7/2"), (3, 1, "3/1"), (0, 9, "0/1"), (5, 5, "1/1")] {
            let ratio = Fraction::reduced(&BigUint::from(numerator as u8), &BigUint::from(denominator as u8));
            assert_eq!(ratio.as_text(), text);
            assert_eq!(text.parse(), Ok(ratio));
        }
        let long = format!("{}/1", "1".repeat(LENGTH_MAX));
        for text in [
            "", "/", "1", "1/", "/1", "1/0", "01/2", "1/02", "-1/2", "1/2/3", " 1/2", "1.5/2", &long,
        ] {
            assert_eq!(text.parse::<Fraction>(), Err(FractionTextError), "{text}");
        }
    }
}
