//! What an invariant must have before it from outside the database. Without it, finding nothing says nothing.

use super::{Evidence, Invariant};

/// A kind of evidence that may not have been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// What clients were told.
    Journal,
    /// The published bundles.
    Bundles,
    /// A chain.
    Chain,
    /// The log.
    Log,
    /// Secrets to look for.
    Secrets,
    /// That all work was done before.
    Rest,
}

/// By the invariants' numbers. Those that are missing here look at nothing but the database.
const NEEDS: &[(&str, &[Need])] = &[
    ("1a", &[Need::Journal]),
    ("1b", &[Need::Journal]),
    ("1d", &[Need::Bundles]),
    ("3c", &[Need::Bundles]),
    ("4b", &[Need::Bundles]),
    ("6b", &[Need::Journal]),
    ("7", &[Need::Bundles]),
    ("L", &[Need::Rest]),
    ("17d", &[Need::Chain]),
    ("17e", &[Need::Chain, Need::Rest]),
    ("18", &[Need::Chain]),
    ("19b", &[Need::Chain]),
    ("22a", &[Need::Secrets]),
    ("22b", &[Need::Secrets, Need::Log]),
    ("22c", &[Need::Secrets, Need::Journal]),
    ("22d", &[Need::Log, Need::Journal]),
    ("23b", &[Need::Journal]),
    ("25a", &[Need::Journal]),
    ("25b", &[Need::Journal]),
];

impl Invariant {
    /// Whether everything was given that it is about; else it may be broken unseen, in part or as a whole.
    #[must_use]
    pub fn is_looked_at(&self, evidence: &Evidence) -> bool {
        let needs = NEEDS.iter().find(|(number, _)| *number == self.number);
        needs.is_none_or(|(_, needs)| needs.iter().all(|need| is_given(*need, evidence)))
    }
}

fn is_given(need: Need, evidence: &Evidence) -> bool {
    match need {
        Need::Journal => !evidence.journal.is_empty(),
        Need::Bundles => evidence.asked_for_bundles,
        Need::Chain => evidence.chain.is_some(),
        Need::Log => !evidence.log.is_empty(),
        Need::Secrets => !evidence.secrets.is_empty(),
        Need::Rest => evidence.is_quiet,
    }
}

#[cfg(test)]
mod tests {
    use super::super::all;
    use super::*;

    #[test]
    fn each_need_is_that_of_an_invariant() {
        for (number, _) in NEEDS {
            let named = all().iter().filter(|invariant| invariant.number == *number).count();
            assert_eq!(named, 1, "{number}");
        }
    }

    #[test]
    fn an_invariant_is_not_looked_at_where_its_evidence_is_missing() {
        let cases = [
            ("2", Evidence::default(), true),
            ("17d", Evidence::default(), false),
            ("3c", Evidence::default(), false),
            (
                "3c",
                Evidence {
                    asked_for_bundles: true,
                    ..Evidence::default()
                },
                true,
            ),
            (
                "17e",
                Evidence {
                    is_quiet: true,
                    ..Evidence::default()
                },
                false,
            ),
        ];
        for (number, evidence, expected) in cases {
            let invariant = all().into_iter().find(|invariant| invariant.number == number).unwrap();
            assert_eq!(invariant.is_looked_at(&evidence), expected, "{number}");
        }
    }
}
