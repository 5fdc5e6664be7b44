//! Exact numbers as texts in JSON, where other programs would read them as floats.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most decimals a [`Decimal`] may have.
const PLACES_MAX: u8 = 18;

/// A number with a fixed count of decimals, as an integer of its smallest unit. Written as a text with all of them: `"565.00000"`
/// has five, `"1161"` none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Decimal {
    /// How many smallest units.
    pub units: u128,
    /// How many decimals a unit stands for; at most 18.
    pub places: u8,
}

impl Decimal {
    /// `units` of the last of `places` decimals.
    #[must_use]
    pub const fn new(units: u128, places: u8) -> Self {
        Self { units, places }
    }

    /// A number without decimals.
    #[must_use]
    pub const fn whole(number: u128) -> Self {
        Self::new(number, 0)
    }

    /// What a whole number is multiplied by: ten to the power of `places`.
    #[must_use]
    pub const fn scale(places: u8) -> u128 {
        let mut scale: u128 = 1;
        let mut left = places;
        while left > 0 {
            scale = scale.saturating_mul(10);
            left = left.saturating_sub(1);
        }
        scale
    }
}

/// Why a text is not a [`Decimal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected digits and, for a fraction, a point and at most {PLACES_MAX} digits")]
pub struct DecimalTextError;

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = Self::scale(self.places);
        let whole = self.units.checked_div(scale).unwrap_or_default();
        if self.places == 0 {
            return write!(formatter, "{whole}");
        }
        let rest = self.units.checked_rem(scale).unwrap_or_default();
        write!(formatter, "{whole}.{rest:0width$}", width = usize::from(self.places))
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
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let places = u8::try_from(rest.len()).map_err(|_| DecimalTextError)?;
        if places > PLACES_MAX {
            return Err(DecimalTextError);
        }
        let units = format!("{whole}{rest}").parse().map_err(|_| DecimalTextError)?;
        let value = Self::new(units, places);
        // One value with so many decimals, one text.
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
        for (units, places, text) in [
            (0, 5, "0.00000"),
            (1, 5, "0.00001"),
            (56_500_000, 5, "565.00000"),
            (123_456, 5, "1.23456"),
            (1_161, 0, "1161"),
            (1, 9, "0.000000001"),
        ] {
            assert_eq!(Decimal::new(units, places).to_string(), text);
            assert_eq!(text.parse(), Ok(Decimal::new(units, places)));
        }
        for wrong in [
            "",
            "1.",
            "01.00000",
            "01",
            "+1.00000",
            "-1.00000",
            ".00001",
            "1.0000a",
            "1.0000000000000000000",
        ] {
            assert_eq!(wrong.parse::<Decimal>(), Err(DecimalTextError), "{wrong}");
        }
    }
}
