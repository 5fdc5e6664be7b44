//! Periods of dues, as people write them.

use super::Period;

/// A period with its name, such as `2026-11`, `2026-Q4` or `2026`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DuesPeriod {
    kind: Period,
    name: String,
}

/// Why a text is no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a period is a month such as 2026-11, a quarter such as 2026-Q4, or a year such as 2026")]
pub struct PeriodTextError;

impl DuesPeriod {
    /// What kind of period.
    #[must_use]
    pub const fn kind(&self) -> Period {
        self.kind
    }

    /// How it is written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl std::str::FromStr for DuesPeriod {
    type Err = PeriodTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (year, rest) = text
            .split_once('-')
            .map_or((text, None), |(year, rest)| (year, Some(rest)));
        let is_number =
            |digits: &str, length: usize| digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
        let kind = match rest {
            None => Some(Period::Year),
            Some("Q1" | "Q2" | "Q3" | "Q4") => Some(Period::Quarter),
            Some(month) if is_number(month, 2) && ("01"..="12").contains(&month) => Some(Period::Month),
            Some(_) => None,
        };
        match kind {
            Some(kind) if is_number(year, 4) && ("1900"..="9999").contains(&year) => Ok(Self {
                kind,
                name: text.to_owned(),
            }),
            _ => Err(PeriodTextError),
        }
    }
}
