//! Integers as texts in JSON, where other programs would read large numbers as floats.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number with five decimals, as an integer scaled by 100,000. Written as a text with all five: `"565.00000"`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(pub u128);

impl Decimal {
    /// What values are multiplied by.
    pub const SCALE: u128 = 100_000;
    const DIGITS: usize = 5;

    /// A whole number.
    #[must_use]
    pub const fn whole(number: u128) -> Self {
        Self(number.saturating_mul(Self::SCALE))
    }
}

/// Why a text is not a [`Decimal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected digits, a point and five digits")]
pub struct DecimalTextError;

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.checked_div(Self::SCALE).unwrap_or_default();
        let rest = self.0.checked_rem(Self::SCALE).unwrap_or_default();
        write!(formatter, "{whole}.{rest:0width$}", width = Self::DIGITS)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Decimal {
    type Err = DecimalTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (whole, rest) = text.split_once('.').ok_or(DecimalTextError)?;
        let value = format!("{whole}{rest}")
            .parse()
            .map(Self)
            .map_err(|_| DecimalTextError)?;
        // One value, one text.
        if value.to_string() == text {
            Ok(value)
        } else {
            Err(DecimalTextError)
        }
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A `u128` as a text of decimal digits, for `#[serde(with = …)]`.
pub mod whole {
    use super::{Deserialize, Deserializer, Serializer};

    /// Writes the digits.
    ///
    /// # Errors
    /// As the serializer.
    pub fn serialize<S: Serializer>(number: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    /// Reads digits without sign, space or leading zero.
    ///
    /// # Errors
    /// For any other text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse()
            .ok()
            .filter(|number: &u128| number.to_string() == *text)
            .ok_or_else(|| serde::de::Error::custom("expected a whole number as a text of decimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_has_exactly_one_text() {
        for (number, text) in [
            (0, "0.00000"),
            (1, "0.00001"),
            (56_500_000, "565.00000"),
            (123_456, "1.23456"),
        ] {
            assert_eq!(Decimal(number).to_string(), text);
            assert_eq!(text.parse(), Ok(Decimal(number)));
        }
        for wrong in [
            "1", "1.0", "01.00000", "1.000000", "+1.00000", "-1.00000", ".00001", "1.0000a",
        ] {
            assert_eq!(wrong.parse::<Decimal>(), Err(DecimalTextError), "{wrong}");
        }
    }
}
