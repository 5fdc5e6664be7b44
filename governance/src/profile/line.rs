//! Words and lines, as all formats read them.

use super::{NAME_MAX, Reason, Refusal};

/// Longer words in a message help nobody.
const WORD_SHOWN_MAX: usize = 40;

/// The beginning of a word, for a message.
pub(super) fn shown(word: &str) -> String {
    word.chars().take(WORD_SHOWN_MAX).collect()
}

/// Digits only: `parse` alone would take `+1`, too.
pub(super) fn whole_number(word: &str) -> Option<u64> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        word.parse().ok()
    } else {
        None
    }
}

/// The text without the byte order mark that some editors begin a file with.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The lines of a text with their numbers from 1, trimmed.
pub(super) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(without_mark(text).lines().map(str::trim))
}

/// A name or title within the bounds.
pub(super) fn name(line: usize, text: &str) -> Result<String, Refusal> {
    let fits = (1..=NAME_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits {
        Ok(text.to_owned())
    } else {
        Err(Refusal::at(line, Reason::Name))
    }
}
