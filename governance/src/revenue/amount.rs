//! Amounts of money, and the one way they are written: decimals without an exponent, at most eight places.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many decimals an amount has: the unit is 10^-8 of the currency.
pub const DECIMALS: u8 = 8;
/// How many units make one of the currency.
const ONE: u64 = 100_000_000;

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an amount such as \"12.50\": digits, at most eight decimals, at most 92233720368.54775807")]
pub struct AmountTextError;

/// An amount of at least nothing, in units of 10^-8 of the currency; at most 2^63 - 1 units, as PostgreSQL stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(u64);

/// What somebody is owed, or owes where it is negative, in units of 10^-8 of the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Balance(i64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most: 92 233 720 368.54775807.
    pub const MAX: Self = Self(i64::MAX.unsigned_abs());

    /// So many units; `None` above [`Self::MAX`].
    #[must_use]
    pub const fn from_units(units: u64) -> Option<Self> {
        if units <= Self::MAX.0 { Some(Self(units)) } else { None }
    }

    /// How many units.
    #[must_use]
    pub const fn units(self) -> u64 {
        self.0
    }

    /// As the engine computes with it.
    #[must_use]
    pub fn wide(self) -> i128 {
        i128::from(self.0)
    }

    /// What the engine computed, to be stored; `None` below nothing and above [`Self::MAX`].
    #[must_use]
    pub fn from_wide(units: i128) -> Option<Self> {
        u64::try_from(units).ok().and_then(Self::from_units)
    }
}

impl Balance {
    /// Nothing owed.
    pub const ZERO: Self = Self(0);

    /// So many units.
    #[must_use]
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// How many units.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// As the engine computes with it.
    #[must_use]
    pub fn wide(self) -> i128 {
        i128::from(self.0)
    }

    /// What the engine computed, to be stored; `None` where 64 bits do not hold it.
    #[must_use]
    pub fn from_wide(units: i128) -> Option<Self> {
        i64::try_from(units).ok().map(Self)
    }
}

fn write(formatter: &mut fmt::Formatter<'_>, is_negative: bool, units: u64) -> fmt::Result {
    let sign = if is_negative { "-" } else { "" };
    let places = format!("{:08}", units % ONE);
    // Two places at least, as money is read; more where they say something.
    let kept = places.trim_end_matches('0').len().max(2);
    let places: String = places.chars().take(kept).collect();
    formatter.pad(&format!("{sign}{}.{places}", units / ONE))
}

fn read(text: &str) -> Option<u64> {
    let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = is_number(whole) && is_number(places) && (whole == "0" || !whole.starts_with('0'));
    if !is_plain || places.len() > usize::from(DECIMALS) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let places: u64 = format!("{places:0<8}").parse().ok()?;
    whole.checked_mul(ONE)?.checked_add(places)
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(formatter, false, self.0)
    }
}

impl fmt::Display for Balance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(formatter, self.0 < 0, self.0.unsigned_abs())
    }
}

impl FromStr for Amount {
    type Err = AmountTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read(text).and_then(Self::from_units).ok_or(AmountTextError)
    }
}

impl FromStr for Balance {
    type Err = AmountTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (digits, is_negative) = text.strip_prefix('-').map_or((text, false), |digits| (digits, true));
        let units = read(digits).ok_or(AmountTextError)?;
        let units = i64::try_from(units).map_err(|_| AmountTextError)?;
        match (is_negative, units) {
            // One value, one sign: nothing owed is not owed backwards.
            (true, 0) => Err(AmountTextError),
            (true, units) => Ok(Self(-units)),
            (false, units) => Ok(Self(units)),
        }
    }
}

macro_rules! as_text {
    ($($kind:ty),*) => {$(
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_text!(Amount, Balance);
