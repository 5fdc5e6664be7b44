//! No secret where it does not belong: not in the database, not in the log, not in what a refused client reads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use serde_json::Value;

use super::journal::Entry;
use super::{Evidence, Invariant, invariant};

pub(super) const INVARIANTS: &[Invariant] = &[
    invariant!(
        "22a",
        the_database_holds_no_secret,
        "No token, password or key of the test stands in any row of any table, in no usual spelling."
    ),
    invariant!("22b", the_log_holds_no_secret, "Nor in the log."),
    invariant!(
        "22c",
        no_refusal_holds_a_secret,
        "Nor in an error's body, nor a key of the server in any body."
    ),
    invariant!(
        "22d",
        no_lot_is_told_before_the_close,
        "The secret of the lot of an open proposal stands in no answer and not in the log."
    ),
];

/// A shorter text is no secret: it would be found by chance.
const LENGTH_MIN: usize = 10;
/// Of a longer spelling the beginning is looked for: where all of it stands, that stands too.
const SPELLING_MAX: usize = 256;
/// Prefixes of the program's own tokens.
const TOKEN_PREFIXES: [&str; 3] = ["rdl_", "rdi_", "rdr_"];

/// Something that must not be found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    /// What it is, for the report; never the secret itself.
    pub what: String,
    /// Whether it is the server's own, which no client may read at all.
    pub is_servers: bool,
    /// How it may be spelled.
    spellings: Vec<String>,
}

impl Secret {
    fn text(what: &str, text: &str) -> Option<Self> {
        (text.len() >= LENGTH_MIN).then(|| Self {
            what: what.to_owned(),
            is_servers: false,
            spellings: vec![text.to_owned(), hex::encode(text)],
        })
    }

    /// A secret of bytes, in every spelling somebody might write it down.
    #[must_use]
    pub fn bytes(what: &str, bytes: &[u8]) -> Self {
        let texts = [hex::encode(bytes), base64(bytes, true), base64(bytes, false)];
        let spellings = texts
            .iter()
            .flat_map(|text| [text.clone(), hex::encode(text)])
            .collect();
        Self {
            what: what.to_owned(),
            is_servers: true,
            spellings,
        }
    }
}

/// Looks for many secrets in one reading of a text: a test handles thousands of them, and as many answers.
struct Finder<'a> {
    spellings: AhoCorasick,
    /// Whose each spelling is.
    secrets: Vec<&'a Secret>,
}

impl<'a> Finder<'a> {
    fn new(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let spelled = secrets.into_iter().flat_map(|secret| {
            let bytes = secret.spellings.iter().map(String::as_bytes);
            bytes.map(move |text| (text.get(..SPELLING_MAX).unwrap_or(text), secret))
        });
        let (spellings, secrets): (Vec<&[u8]>, Vec<&Secret>) = spelled.unzip();
        let spellings = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(spellings)
            .expect("fewer spellings than fill the memory");
        Self { spellings, secrets }
    }

    /// Those of them that stand in a text.
    fn found_in(&self, text: &[u8]) -> BTreeSet<&'a Secret> {
        let found = self.spellings.find_overlapping_iter(text);
        found.map(|place| self.secrets[place.pattern().as_usize()]).collect()
    }
}

/// Base64 without padding, written out so that the checker needs nothing of the server's.
fn base64(bytes: &[u8], for_urls: bool) -> String {
    const COMMON: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let alphabet: Vec<char> = COMMON
        .chars()
        .chain(if for_urls { ['-', '_'] } else { ['+', '/'] })
        .collect();
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut whole = [0; 4];
        whole[1..=group.len()].copy_from_slice(group);
        let number = u32::from_be_bytes(whole);
        for place in 0..=group.len() {
            let sextet = (number >> (18 - 6 * place)) & 63;
            text.push(alphabet[sextet as usize]);
        }
    }
    text
}

/// Every secret that the test handled: tokens and passwords that went to and fro, tokens in mails, the server's own keys.
#[must_use]
pub fn gather(journal: &[Entry], mailbox: Option<&Path>, keys: Option<&Path>) -> Vec<Secret> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for entry in journal {
        if let Some(token) = &entry.asker.token {
            texts.insert(token.clone(), String::from("an access token"));
        }
        for body in [entry.request_json(), entry.reply_json()].into_iter().flatten() {
            collect(&body, &mut texts);
        }
        for cookie in &entry.cookies {
            tokens_in(cookie, "a refresh token", &mut texts);
        }
    }
    if let Some(mailbox) = mailbox {
        for (_, text) in files(mailbox) {
            // Long lines of a mail are broken by an equals sign at the end.
            let whole = text.replace("=\r\n", "").replace("=\n", "");
            tokens_in(&whole, "a token sent by mail", &mut texts);
        }
    }
    let mut secrets: Vec<Secret> = texts
        .iter()
        .filter_map(|(text, what)| Secret::text(what, text))
        .collect();
    for (path, text) in keys.map(files).unwrap_or_default() {
        if let Ok(bytes) = hex::decode(text.trim()) {
            secrets.push(Secret::bytes(&format!("the server's {path}"), &bytes));
        }
    }
    secrets
}

/// Fields whose values are secret.
fn collect(body: &Value, texts: &mut BTreeMap<String, String>) {
    const FIELDS: [&str; 6] = [
        "access_token",
        "current_password",
        "new_password",
        "password",
        "refresh_token",
        "token",
    ];
    for field in FIELDS {
        if let Some(text) = body[field].as_str() {
            texts.insert(text.to_owned(), format!("a value of `{field}`"));
        }
    }
}

fn tokens_in(text: &str, what: &str, texts: &mut BTreeMap<String, String>) {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
    for word in text.split(|character| !is_part(character)) {
        if TOKEN_PREFIXES.iter().any(|prefix| word.starts_with(prefix)) {
            texts.insert(word.to_owned(), what.to_owned());
        }
    }
}

/// Every file below a folder that is text: its path within and its content.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
                found.push((name, text));
            }
        }
    }
    found
}

fn the_database_holds_no_secret(evidence: &Evidence) -> Vec<String> {
    let finder = Finder::new(&evidence.secrets);
    let told = |(table, text): &(String, String)| {
        let found = finder.found_in(text.as_bytes());
        found
            .into_iter()
            .map(|secret| format!("{} in {table}", secret.what))
            .collect::<Vec<_>>()
    };
    evidence.dump.iter().flat_map(told).collect()
}

fn the_log_holds_no_secret(evidence: &Evidence) -> Vec<String> {
    let found = Finder::new(&evidence.secrets).found_in(evidence.log.as_bytes());
    found.into_iter().map(|secret| secret.what.clone()).collect()
}

fn no_refusal_holds_a_secret(evidence: &Evidence) -> Vec<String> {
    let finder = Finder::new(&evidence.secrets);
    let mut told = Vec::new();
    for entry in &evidence.journal {
        let found = finder.found_in(&entry.reply).into_iter();
        let forbidden = found.filter(|secret| secret.is_servers || !entry.is_success());
        told.extend(
            forbidden.map(|secret| format!("{} in the answer to {} {}", secret.what, entry.method, entry.path)),
        );
    }
    told
}

fn no_lot_is_told_before_the_close(evidence: &Evidence) -> Vec<String> {
    let open = evidence
        .rows
        .proposal
        .iter()
        .filter(|proposal| proposal.close_marker.is_none());
    let lots: Vec<Secret> = open
        .filter_map(|proposal| {
            let secret = proposal.lot_secret.as_ref()?;
            Some(Secret::bytes(&format!("the lot of {}", proposal.id), &secret.0))
        })
        .collect();
    let finder = Finder::new(&lots);
    let answers = evidence.journal.iter().map(|entry| &entry.reply[..]);
    let found: BTreeSet<&Secret> = answers
        .chain([evidence.log.as_bytes()])
        .flat_map(|text| finder.found_in(text))
        .collect();
    found.into_iter().map(|secret| secret.what.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_the_usual_one() {
        for (bytes, expected) in [
            (&b""[..], ""),
            (b"f", "Zg"),
            (b"fo", "Zm8"),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg"),
        ] {
            assert_eq!(base64(bytes, true), expected);
        }
        assert_eq!(base64(&[0xfb, 0xff], true), "-_8");
        assert_eq!(base64(&[0xfb, 0xff], false), "+/8");
    }

    #[test]
    fn a_secret_is_found_in_every_spelling() {
        let secret = Secret::bytes("key", &[0xab; 32]);
        let finder = Finder::new([&secret]);
        for text in [
            hex::encode([0xab; 32]),
            base64(&[0xab; 32], true),
            hex::encode(base64(&[0xab; 32], false)),
        ] {
            let found = finder.found_in(format!("before {text} after").as_bytes());
            assert_eq!(found, BTreeSet::from([&secret]), "{text}");
        }
        assert!(finder.found_in(hex::encode([0xac; 32]).as_bytes()).is_empty());
    }

    #[test]
    fn tokens_are_found_in_a_mail_whose_lines_are_broken() {
        let folder = tempfile::tempdir().unwrap();
        let mail = "Open https://coop.example/join?token=rdl_abcdefghij=\r\nklmnop to join.";
        std::fs::write(folder.path().join("1.eml"), mail).unwrap();
        let found = gather(&[], Some(folder.path()), None);
        assert_eq!(found.len(), 1);
        assert_eq!(Finder::new(&found).found_in(b"rdl_abcdefghijklmnop").len(), 1);
    }
}
