//! Messages that a wallet signs (EIP-4361, "Sign-In with Ethereum"), read strictly by their grammar.
//!
//! Differs: contract wallets (ERC-1271) are not supported; a message is accepted only in the one spelling of its address that
//! EIP-55 gives, which the standard asks of signers.

use chrono::{DateTime, FixedOffset};
use governance::hash::{Hash32, keccak256, to_hex};

/// The longest message, in bytes.
pub const LENGTH_MAX: usize = 4_096;
/// The most resources a message lists.
const RESOURCES_MAX: usize = 32;
const PREAMBLE: &str = " wants you to sign in with your Ethereum account:";

/// A message, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The scheme of the site, where it is said.
    pub scheme: Option<String>,
    /// The site that asks: host, and port where it is not the usual one.
    pub domain: String,
    /// The account that signs.
    pub address: [u8; 20],
    /// What the person agrees to.
    pub statement: Option<String>,
    /// What the signature is for.
    pub uri: String,
    /// The chain (EIP-155).
    pub chain_id: u64,
    /// The number used once.
    pub nonce: String,
    /// When it was made.
    pub issued_at: DateTime<FixedOffset>,
    /// When it stops being valid.
    pub expiration_time: Option<DateTime<FixedOffset>>,
    /// When it begins to be valid.
    pub not_before: Option<DateTime<FixedOffset>>,
    /// What the site calls the request.
    pub request_id: Option<String>,
    /// Further addresses that the person agrees to.
    pub resources: Vec<String>,
}

/// Why a text is no such message: the part that is missing or malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message is malformed at: {0}")]
pub struct Malformed(pub &'static str);

impl Message {
    /// Reads a message.
    ///
    /// # Errors
    /// [`Malformed`] with the first part that breaks the grammar.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > LENGTH_MAX {
            return Err(Malformed("its length"));
        }
        let mut lines = Lines { rest: Some(text) };
        let (scheme, domain) = origin(lines.next().and_then(|line| line.strip_suffix(PREAMBLE)))?;
        let address = lines.next().and_then(address).ok_or(Malformed("address"))?;
        lines.empty("the line after the address")?;
        let statement = lines.statement()?;
        let uri = lines
            .tagged("URI: ")
            .filter(|uri| is_uri(uri))
            .ok_or(Malformed("URI"))?
            .to_owned();
        lines
            .tagged("Version: ")
            .filter(|version| *version == "1")
            .ok_or(Malformed("Version"))?;
        let chain_id = lines
            .tagged("Chain ID: ")
            .and_then(number)
            .ok_or(Malformed("Chain ID"))?;
        let nonce = lines
            .tagged("Nonce: ")
            .filter(|nonce| is_nonce(nonce))
            .ok_or(Malformed("Nonce"))?
            .to_owned();
        let issued_at = lines
            .tagged("Issued At: ")
            .and_then(time)
            .ok_or(Malformed("Issued At"))?;
        let expiration_time = lines.optional_time("Expiration Time: ", "Expiration Time")?;
        let not_before = lines.optional_time("Not Before: ", "Not Before")?;
        let request_id = match lines.tagged("Request ID: ") {
            Some(id) if id.bytes().all(is_path_character) => Some(id.to_owned()),
            Some(_) => return Err(Malformed("Request ID")),
            None => None,
        };
        let resources = lines.resources()?;
        if lines.rest.is_some() {
            return Err(Malformed("what follows its last part"));
        }
        Ok(Self {
            scheme,
            domain,
            address,
            statement,
            uri,
            chain_id,
            nonce,
            issued_at,
            expiration_time,
            not_before,
            request_id,
            resources,
        })
    }
}

/// What a wallet signs for a text: the hash of EIP-191, version `E` ("personal_sign").
#[must_use]
pub fn personal_hash(text: &str) -> Hash32 {
    keccak256(format!("\u{19}Ethereum Signed Message:\n{}{text}", text.len()).as_bytes())
}

/// The address as EIP-55 spells it: a letter is a capital where the hash of the address has a digit of 8 or more.
#[must_use]
pub fn checksummed(address: &[u8; 20]) -> String {
    let plain = to_hex(address);
    let digits = plain.strip_prefix("0x").unwrap_or(&plain);
    let hash = to_hex(keccak256(digits.as_bytes()).as_bytes());
    let spelled = digits.chars().zip(hash.chars().skip(2)).map(|(digit, hashed)| {
        if matches!(hashed, '8'..='9' | 'a'..='f') {
            digit.to_ascii_uppercase()
        } else {
            digit
        }
    });
    "0x".chars().chain(spelled).collect()
}

/// The lines not read yet; `None` after the last.
struct Lines<'a> {
    rest: Option<&'a str>,
}

impl<'a> Lines<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.rest
            .map(|rest| rest.split_once('\n').map_or(rest, |(line, _)| line))
    }

    fn next(&mut self) -> Option<&'a str> {
        let line = self.peek();
        self.rest = self.rest.and_then(|rest| rest.split_once('\n')).map(|(_, rest)| rest);
        line
    }

    fn empty(&mut self, what: &'static str) -> Result<(), Malformed> {
        self.next()
            .filter(|line| line.is_empty())
            .map(|_| ())
            .ok_or(Malformed(what))
    }

    /// `[ statement LF ] LF`: without a statement there is one more empty line and nothing else.
    fn statement(&mut self) -> Result<Option<String>, Malformed> {
        let line = self.next().ok_or(Malformed("statement"))?;
        if line.is_empty() {
            return Ok(None);
        }
        if !line
            .bytes()
            .all(|byte| is_unreserved(byte) || is_reserved(byte) || byte == b' ')
        {
            return Err(Malformed("statement"));
        }
        self.empty("the line after the statement")?;
        Ok(Some(line.to_owned()))
    }

    /// The rest of the next line, if it begins with the tag; otherwise nothing is read.
    fn tagged(&mut self, tag: &str) -> Option<&'a str> {
        let value = self.peek()?.strip_prefix(tag)?;
        self.next();
        Some(value)
    }

    fn optional_time(&mut self, tag: &str, name: &'static str) -> Result<Option<DateTime<FixedOffset>>, Malformed> {
        self.tagged(tag)
            .map(|value| time(value).ok_or(Malformed(name)))
            .transpose()
    }

    fn resources(&mut self) -> Result<Vec<String>, Malformed> {
        let mut resources = Vec::new();
        if self.tagged("Resources:").map(str::is_empty) != Some(true) {
            return Ok(resources);
        }
        while let Some(resource) = self.tagged("- ") {
            if !is_uri(resource) || resources.len() == RESOURCES_MAX {
                return Err(Malformed("Resources"));
            }
            resources.push(resource.to_owned());
        }
        Ok(resources)
    }
}

/// `[ scheme "://" ] domain`
fn origin(text: Option<&str>) -> Result<(Option<String>, String), Malformed> {
    let text = text.ok_or(Malformed("the first line"))?;
    let (scheme, domain) = text
        .split_once("://")
        .map_or((None, text), |(scheme, domain)| (Some(scheme), domain));
    if !scheme.is_none_or(is_scheme) {
        return Err(Malformed("scheme"));
    }
    let is_authority = |byte| is_unreserved(byte) || is_sub_delimiter(byte) || b":@[]%".contains(&byte);
    if domain.is_empty() || !domain.bytes().all(is_authority) {
        return Err(Malformed("domain"));
    }
    Ok((scheme.map(str::to_owned), domain.to_owned()))
}

fn address(text: &str) -> Option<[u8; 20]> {
    let digits = text.strip_prefix("0x")?;
    let mut bytes = [0; 20];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    (checksummed(&bytes) == text).then_some(bytes)
}

fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn is_nonce(text: &str) -> bool {
    (8..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// RFC 3339, with the `T` that its grammar has and many programs leave out.
fn time(text: &str) -> Option<DateTime<FixedOffset>> {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"-+:.TZ".contains(&byte));
    (is_plain && text.as_bytes().get(10) == Some(&b'T')).then(|| DateTime::parse_from_rfc3339(text).ok())?
}

/// RFC 3986, as far as its characters and its scheme go.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let mut escaped = rest.split('%');
    let is_plain = |part: &str| part.bytes().all(|byte| is_unreserved(byte) || is_reserved(byte));
    is_scheme(scheme)
        && escaped.next().is_some_and(is_plain)
        && escaped.all(|part| {
            part.as_bytes()
                .first_chunk::<2>()
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
                && is_plain(part)
        })
        && rest.matches('#').count() <= 1
}

fn is_scheme(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn is_sub_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
    )
}

const fn is_reserved(byte: u8) -> bool {
    is_sub_delimiter(byte) || matches!(byte, b':' | b'/' | b'?' | b'#' | b'[' | b']' | b'@')
}

const fn is_path_character(byte: u8) -> bool {
    is_unreserved(byte) || is_sub_delimiter(byte) || matches!(byte, b':' | b'@' | b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "https://vote.example.org:8443 wants you to sign in with your Ethereum account:\n\
        0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2\n\nRegister this wallet.\n\nURI: https://vote.example.org:8443/keys\n\
        Version: 1\nChain ID: 31337\nNonce: 0123456789abcdef\nIssued At: 2026-11-25T07:00:00.000Z\n\
        Expiration Time: 2026-11-25T07:05:00Z\nNot Before: 2026-11-25T09:00:00+02:00\nRequest ID: some/id\nResources:\n\
        - https://vote.example.org:8443/coops/1\n- urn:uuid:0192f0c1-2a3b-7c4d-8e5f-60718293a4b5";

    #[test]
    fn every_part_of_a_message_is_read() {
        let malformed = Message::parse(WHOLE).unwrap_err();
        assert_eq!(malformed, Malformed("Request ID"), "a slash is no path character");
        let message = Message::parse(&WHOLE.replace("some/id", "some%20id")).unwrap();
        assert_eq!(message.scheme.as_deref(), Some("https"));
        assert_eq!(message.domain, "vote.example.org:8443");
        assert_eq!(message.statement.as_deref(), Some("Register this wallet."));
        assert_eq!((message.chain_id, message.nonce.as_str()), (31_337, "0123456789abcdef"));
        assert_eq!(message.not_before, Some(message.issued_at));
        assert_eq!(message.resources.len(), 2);
        assert_eq!(
            checksummed(&message.address),
            "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
        );
    }

    #[test]
    fn whatever_breaks_the_grammar_is_named() {
        let whole = WHOLE.replace("some/id", "id");
        let cases = [
            ("https://vote", "ht_tps://vote", "scheme"),
            ("vote.example.org:8443 wants", "vote example wants", "domain"),
            ("wants you to sign in", "asks you to sign in", "the first line"),
            ("0xC02aaA", "0xc02aaA", "address"),
            ("Cc2\n\nRegister", "Cc2\nRegister", "the line after the address"),
            ("this wallet.\n", "this \"wallet\".\n", "statement"),
            ("wallet.\n\n", "wallet.\n", "the line after the statement"),
            ("URI: https://vote.example.org:8443/keys", "URI: /keys", "URI"),
            (
                "URI: https://vote.example.org:8443/keys",
                "URI: https://vote.example.org/%2",
                "URI",
            ),
            ("Version: 1", "Version: 2", "Version"),
            ("31337", "0x7a69", "Chain ID"),
            ("31337", "99999999999999999999", "Chain ID"),
            ("Nonce: 0123456789abcdef", "Nonce: 1234567", "Nonce"),
            ("2026-11-25T07:00:00.000Z", "2026-11-25 07:00:00Z", "Issued At"),
            ("2026-11-25T07:05:00Z", "tomorrow", "Expiration Time"),
            ("09:00:00+02:00", "09:00:00", "Not Before"),
            ("Resources:\n", "Resources: \n", "what follows its last part"),
            ("- urn:uuid:", "- ", "Resources"),
            ("a4b5", "a4b5\n", "what follows its last part"),
        ];
        for (old, new, part) in cases {
            let changed = whole.replace(old, new);
            assert_ne!(changed, whole, "{old}");
            assert_eq!(Message::parse(&changed), Err(Malformed(part)), "{old} -> {new}");
        }
        assert_eq!(
            Message::parse(&"x".repeat(LENGTH_MAX + 1)),
            Err(Malformed("its length"))
        );
        assert!(Message::parse("").is_err());
    }
}
