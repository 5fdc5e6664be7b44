//! Account numbers of banks (ISO 13616) and codes of banks (ISO 9362).

use std::fmt;

/// How long an account number is, by country, after the register of ISO 13616. A country that is not listed has none.
const LENGTHS: [(&str, usize); 80] = [
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SC", 31),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
];

/// An international bank account number, without blanks, its check digits right.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iban(String);

/// Why a text is no account number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IbanRefusal {
    /// Something else than letters and digits.
    #[error("an account number (IBAN) is written with letters and digits")]
    Letters,
    /// No country that has such numbers.
    #[error("an account number (IBAN) begins with two letters of a country that has such numbers")]
    Country,
    /// Too short or too long for its country.
    #[error("an account number (IBAN) of this country has {expected} characters, and this one {found}")]
    Length {
        /// What its country has.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// Mistyped: the check digits are of another number.
    #[error("the check digits do not fit this account number (IBAN): is it mistyped?")]
    CheckDigits,
}

impl Iban {
    /// Reads an account number as people write it: blanks are left out, small letters become capitals.
    ///
    /// # Errors
    /// [`IbanRefusal`] with what is wrong first.
    pub fn parse(text: &str) -> Result<Self, IbanRefusal> {
        let number: String = text
            .chars()
            .filter(|character| *character != ' ')
            .map(|character| character.to_ascii_uppercase())
            .take(64)
            .collect();
        if !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(IbanRefusal::Letters);
        }
        let expected = LENGTHS
            .iter()
            .find(|(country, _)| number.starts_with(country))
            .map(|(_, length)| *length)
            .ok_or(IbanRefusal::Country)?;
        if number.len() != expected {
            return Err(IbanRefusal::Length {
                expected,
                found: number.len(),
            });
        }
        if !number.bytes().skip(2).take(2).all(|byte| byte.is_ascii_digit()) || remainder(&number) != 1 {
            return Err(IbanRefusal::CheckDigits);
        }
        Ok(Self(number))
    }

    /// The number without blanks.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Enough of it for its holder to know it again, for pages and statements that others may see.
    #[must_use]
    pub fn masked(&self) -> String {
        let shown = |(place, character): (usize, char)| {
            let is_shown = place < 4 || place.saturating_add(4) >= self.0.len();
            if is_shown { character } else { '*' }
        };
        self.0.chars().enumerate().map(shown).collect()
    }
}

/// The number with its first four characters last and its letters as 10 to 35, modulo 97 (ISO 7064).
fn remainder(number: &str) -> u32 {
    let turned = number.chars().skip(4).chain(number.chars().take(4));
    turned
        .filter_map(|character| character.to_digit(36))
        .fold(0, |rest, digit| {
            let shifted = if digit < 10 { rest * 10 } else { rest * 100 };
            (shifted + digit) % 97
        })
}

impl fmt::Display for Iban {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The code of a bank: eight characters, or eleven with its branch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bic(String);

/// Why a text is no code of a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the code of a bank (BIC) is four letters or digits, two letters of a country, two letters or digits, and perhaps three more"
)]
pub struct BicRefusal;

impl Bic {
    /// Reads the code of a bank; small letters become capitals.
    ///
    /// # Errors
    /// [`BicRefusal`] for any other form.
    pub fn parse(text: &str) -> Result<Self, BicRefusal> {
        let code = text.to_ascii_uppercase();
        let is_code = (code.len() == 8 || code.len() == 11)
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && code.bytes().skip(4).take(2).all(|byte| byte.is_ascii_uppercase());
        if is_code { Ok(Self(code)) } else { Err(BicRefusal) }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_number_is_read_as_people_write_it_and_its_digits_are_checked() {
        let cases: [(&str, Result<&str, IbanRefusal>); 11] = [
            ("GB82 WEST 1234 5698 7654 32", Ok("GB82WEST12345698765432")),
            ("de89370400440532013000", Ok("DE89370400440532013000")),
            ("NO93 8601 1117 947", Ok("NO9386011117947")),
            ("MT84MALT011000012345MTLCAST001S", Ok("MT84MALT011000012345MTLCAST001S")),
            // Two digits exchanged, and a letter for another.
            ("GB82 WEST 1234 5698 7645 32", Err(IbanRefusal::CheckDigits)),
            ("GB82 WESD 1234 5698 7654 32", Err(IbanRefusal::CheckDigits)),
            ("GBA2 WEST 1234 5698 7654 32", Err(IbanRefusal::CheckDigits)),
            (
                "DE8937040044053201300",
                Err(IbanRefusal::Length {
                    expected: 22,
                    found: 21,
                }),
            ),
            ("XX89370400440532013000", Err(IbanRefusal::Country)),
            ("", Err(IbanRefusal::Country)),
            ("DE89-3704-0044-0532-0130-00", Err(IbanRefusal::Letters)),
        ];
        for (text, expected) in cases {
            let found = Iban::parse(text);
            assert_eq!(
                found.as_ref().map(Iban::as_str),
                expected.as_ref().map(|text| *text),
                "{text}"
            );
        }
        assert_eq!(
            Iban::parse("DE89370400440532013000").unwrap().masked(),
            "DE89**************3000"
        );
        let long = Iban::parse(&"DE".repeat(100_000));
        assert_eq!(
            long,
            Err(IbanRefusal::Length {
                expected: 22,
                found: 64
            })
        );
    }

    #[test]
    fn every_single_wrong_digit_and_every_exchange_of_neighbours_is_found() {
        let right = "DE89370400440532013000";
        for place in 2..right.len() {
            for digit in '0'..='9' {
                let mut wrong: Vec<char> = right.chars().collect();
                if wrong[place] != digit {
                    wrong[place] = digit;
                    assert!(Iban::parse(&wrong.iter().collect::<String>()).is_err());
                }
            }
            let mut exchanged: Vec<char> = right.chars().collect();
            if place + 1 < right.len() && exchanged[place] != exchanged[place + 1] {
                exchanged.swap(place, place + 1);
                assert!(Iban::parse(&exchanged.iter().collect::<String>()).is_err(), "{place}");
            }
        }
    }

    #[test]
    fn the_code_of_a_bank_has_eight_or_eleven_characters() {
        for (text, is_code) in [
            ("BANKNL2A", true),
            ("banknl2axxx", true),
            ("1234NL2A", true),
            ("BANKN12A", false),
            ("BANKNL2AX", false),
            ("BANK NL2", false),
            ("", false),
        ] {
            assert_eq!(Bic::parse(text).is_ok(), is_code, "{text}");
        }
    }
}
