//! Currencies and the amounts written in them.

use std::fmt;

/// The longest code of a currency or token, in characters.
pub const CODE_LENGTH_MAX: usize = 12;
/// The most decimal places an amount can have; an `i64` holds nine whole units of a token with so many.
pub const EXPONENT_MAX: u8 = 18;
/// The decimal places in which money is kept: accruals are exact to 10^-8 (decisions 31), payments to the minor unit.
pub const EXPONENT_OF_MONEY: u8 = 8;

/// Currencies with other minor units than hundredths, after ISO 4217.
const UNUSUAL: [(&str, u8); 22] = [
    ("BHD", 3),
    ("BIF", 0),
    ("CLP", 0),
    ("DJF", 0),
    ("GNF", 0),
    ("IQD", 3),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KMF", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("LYD", 3),
    ("OMR", 3),
    ("PYG", 0),
    ("RWF", 0),
    ("TND", 3),
    ("UGX", 0),
    ("VND", 0),
    ("VUV", 0),
    ("XAF", 0),
    ("XOF", 0),
];

/// A currency, or a token, of a co-op's ledger.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: String,
    minor_digits: u8,
    exponent: u8,
}

/// Why something is no currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CurrencyRefusal {
    /// Not three to twelve capitals and digits that begin with a capital.
    #[error("a currency is written with 3 to {CODE_LENGTH_MAX} capitals and digits, and begins with a capital")]
    Code,
    /// More decimal places than an amount can hold.
    #[error("an amount has at most {EXPONENT_MAX} decimal places")]
    Exponent,
}

/// Why a text is no amount of a currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountRefusal {
    /// Not digits with at most one point, with a minus before them for a credit.
    #[error(
        "an amount is written as digits with a point before the decimal places, such as 12.50, and a minus for a credit"
    )]
    Shape,
    /// More decimal places than the currency is paid in.
    #[error("{currency} has {digits} decimal places, and the amount has more")]
    TooFine {
        /// The currency.
        currency: String,
        /// Its decimal places.
        digits: u8,
    },
    /// More than the ledger can hold.
    #[error("the amount is more than the ledger can hold")]
    TooLarge,
}

impl Currency {
    /// Money by its ISO 4217 code: kept to 10^-8, paid in its minor unit.
    ///
    /// # Errors
    /// [`CurrencyRefusal::Code`] for anything but three capitals.
    pub fn money(code: &str) -> Result<Self, CurrencyRefusal> {
        if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(CurrencyRefusal::Code);
        }
        let minor_digits = UNUSUAL
            .iter()
            .find(|(name, _)| *name == code)
            .map_or(2, |(_, digits)| *digits);
        Ok(Self {
            code: code.to_owned(),
            minor_digits,
            exponent: EXPONENT_OF_MONEY,
        })
    }

    /// A token of a chain with its decimal places, kept and paid in its smallest unit.
    ///
    /// # Errors
    /// [`CurrencyRefusal`] with what is wrong.
    pub fn token(code: &str, exponent: u8) -> Result<Self, CurrencyRefusal> {
        Self::stored(code, exponent, exponent)
    }

    /// A currency as it was stored.
    ///
    /// # Errors
    /// [`CurrencyRefusal`] with what is wrong.
    pub fn stored(code: &str, minor_digits: u8, exponent: u8) -> Result<Self, CurrencyRefusal> {
        let is_code = (3..=CODE_LENGTH_MAX).contains(&code.len())
            && code
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && code.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
        if !is_code {
            return Err(CurrencyRefusal::Code);
        }
        if exponent > EXPONENT_MAX || minor_digits > exponent {
            return Err(CurrencyRefusal::Exponent);
        }
        Ok(Self {
            code: code.to_owned(),
            minor_digits,
            exponent,
        })
    }

    /// The code, such as `EUR`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The decimal places in which it is paid.
    #[must_use]
    pub const fn minor_digits(&self) -> u8 {
        self.minor_digits
    }

    /// The decimal places in which the ledger keeps it.
    #[must_use]
    pub const fn exponent(&self) -> u8 {
        self.exponent
    }

    /// Reads an amount that a person or a bank wrote, in units of 10^-[`Self::exponent`]: no finer than the minor unit, no sign but
    /// a minus, no blanks, no groups of digits, no powers of ten.
    ///
    /// # Errors
    /// [`AmountRefusal`] with what is wrong.
    pub fn parse_amount(&self, text: &str) -> Result<i64, AmountRefusal> {
        let digits = text.strip_prefix('-');
        let (whole, fraction) = match digits.unwrap_or(text).split_once('.') {
            None => (digits.unwrap_or(text), ""),
            Some((_, "")) => return Err(AmountRefusal::Shape),
            Some(parts) => parts,
        };
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
            return Err(AmountRefusal::Shape);
        }
        if fraction.len() > usize::from(self.minor_digits) {
            return Err(AmountRefusal::TooFine {
                currency: self.code.clone(),
                digits: self.minor_digits,
            });
        }
        let width = usize::from(self.exponent);
        let written = format!("{whole}{fraction:0<width$}");
        // No i128 is so long that leading zeros could hide in it what does not fit.
        let units: i128 = written.parse().map_err(|_| AmountRefusal::TooLarge)?;
        let signed = if digits.is_some() { -units } else { units };
        match i64::try_from(signed) {
            // The smallest i64 has no opposite, so it could not be reversed.
            Ok(i64::MIN) | Err(_) => Err(AmountRefusal::TooLarge),
            Ok(amount) => Ok(amount),
        }
    }

    /// Writes an amount with every decimal place that is not zero, and never fewer than the minor unit has.
    #[must_use]
    pub fn format_amount(&self, amount: i128) -> String {
        let width = usize::from(self.exponent).saturating_add(1);
        let digits = format!("{:0>width$}", amount.unsigned_abs());
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(usize::from(self.exponent)));
        let shown = fraction.trim_end_matches('0').len().max(usize::from(self.minor_digits));
        let fraction: String = fraction.chars().take(shown).collect();
        let sign = if amount < 0 { "-" } else { "" };
        if fraction.is_empty() {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{fraction}")
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.code)
    }
}
