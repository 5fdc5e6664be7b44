//! Addresses for mail, parsed once at the border.

use std::fmt;

use crate::problem::Problem;

/// The longest address, in characters (RFC 5321, 4.5.3.1.3, without its brackets).
const LENGTH_MAX: usize = 254;
const LOCAL_LENGTH_MAX: usize = 64;

/// An address in lower case: one person, one text.
///
/// Differs: RFC 5321 lets the part before the `@` depend on case and be quoted; no provider of weight tells capitals apart, and
/// quoted parts are refused, since programs in between read them differently.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Reads an address; white space around it is dropped.
    ///
    /// # Errors
    /// 422 naming the field `email`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        Self::read(text).ok_or_else(|| Problem::field("email", "it is not an address like name@example.org"))
    }

    /// As [`Self::parse`], where a malformed address is nobody's.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > LENGTH_MAX {
            return None;
        }
        let (local, domain) = text.split_once('@')?;
        let is_local = (1..=LOCAL_LENGTH_MAX).contains(&local.len())
            && local
                .split('.')
                .all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_text));
        let is_domain = domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        });
        (is_local && is_domain).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// `atext` of RFC 5322, 3.2.3.
const fn is_atom_text(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'/' | b'=' | b'?' | b'^'..=b'`' | b'{'..=b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_text_and_brings_no_header_with_it() {
        let cases = [
            ("  Ada@Example.ORG ", Some("ada@example.org")),
            ("o'brien+coop@sub.example.org", Some("o'brien+coop@sub.example.org")),
            ("ada@localhost", Some("ada@localhost")),
            ("", None),
            ("ada", None),
            ("@example.org", None),
            ("ada@", None),
            ("ada@@example.org", None),
            ("a..da@example.org", None),
            ("ada@-example.org", None),
            ("ada@example..org", None),
            ("ada@example.org\r\nBcc: all@example.org", None),
            ("ada@example.org, bob@example.org", None),
            ("\"ada\"@example.org", None),
            ("ада@example.org", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Email::read(text).as_ref().map(Email::as_str), expected, "{text:?}");
        }
        assert_eq!(Email::read(&format!("{}@example.org", "a".repeat(65))), None);
    }
}
