//! Text that people write: bounded, normalised once at entry, and free of characters that hide or break.

use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextRefusal {
    /// Nothing remains after trimming.
    #[error("it is empty")]
    Empty,
    /// Longer than the bound, in characters.
    #[error("it is longer than {max} characters")]
    TooLong {
        /// The bound.
        max: usize,
    },
    /// A control character, or a character that changes the direction of the text around it.
    #[error("it holds the character U+{code:04X}, which is not allowed")]
    Forbidden {
        /// The code point.
        code: u32,
    },
}

/// Trims, normalises to NFC and bounds one line of text (a name, a title): no line breaks.
///
/// # Errors
/// [`TextRefusal`] with the first reason found.
pub fn line(input: &str, max: usize) -> Result<String, TextRefusal> {
    clean(input, max, |character| character.is_control())
}

/// As [`line`], for how somebody is called: no character either that nobody sees, since two names could differ in nothing else.
///
/// # Errors
/// [`TextRefusal`] with the first reason found.
pub fn name(input: &str, max: usize) -> Result<String, TextRefusal> {
    clean(input, max, |character| character.is_control() || is_unseen(character))
}

/// Trims, normalises to NFC and bounds a text of several lines: tabs and line feeds are allowed.
///
/// # Errors
/// [`TextRefusal`] with the first reason found.
pub fn paragraphs(input: &str, max: usize) -> Result<String, TextRefusal> {
    clean(input, max, |character| {
        character.is_control() && character != '\n' && character != '\t'
    })
}

fn clean(input: &str, max: usize, forbidden: impl Fn(char) -> bool) -> Result<String, TextRefusal> {
    let trimmed = input.trim();
    if trimmed.is_empty() {
        return Err(TextRefusal::Empty);
    }
    // Normalisation can lengthen a text eighteenfold: look at the length before and after.
    if trimmed.chars().count() > max {
        return Err(TextRefusal::TooLong { max });
    }
    let text: String = if is_nfc(trimmed) {
        trimmed.to_owned()
    } else {
        trimmed.nfc().collect()
    };
    if text.chars().count() > max {
        return Err(TextRefusal::TooLong { max });
    }
    match text
        .chars()
        .find(|character| forbidden(*character) || turns_direction(*character))
    {
        Some(character) => Err(TextRefusal::Forbidden {
            code: u32::from(character),
        }),
        None => Ok(text),
    }
}

/// Embeddings, overrides and isolates (Unicode UAX #9) can make a title read as another one.
fn turns_direction(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// What takes no place on a screen or looks like a blank (Unicode's `Default_Ignorable_Code_Point`, with separators of lines and the empty
/// pattern of Braille).
fn is_unseen(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_refused_with_its_reason() {
        let cases: [(&str, Result<&str, TextRefusal>); 6] = [
            ("  Caf\u{65}\u{301} ", Ok("Caf\u{e9}")),
            ("   ", Err(TextRefusal::Empty)),
            ("nul\u{0}", Err(TextRefusal::Forbidden { code: 0 })),
            ("two\nlines", Err(TextRefusal::Forbidden { code: 10 })),
            ("safe\u{202E}txt", Err(TextRefusal::Forbidden { code: 0x202E })),
            ("a much longer line than allowed", Err(TextRefusal::TooLong { max: 20 })),
        ];
        for (input, expected) in cases {
            assert_eq!(line(input, 20), expected.map(str::to_owned), "{input:?}");
        }
        assert_eq!(paragraphs("two\nlines", 20).as_deref(), Ok("two\nlines"));
    }

    #[test]
    fn a_name_holds_nothing_that_nobody_sees() {
        let unseen = [
            '\u{200B}',
            '\u{200D}',
            '\u{200F}',
            '\u{2060}',
            '\u{FEFF}',
            '\u{AD}',
            '\u{FE0F}',
            '\u{3164}',
            '\u{E0041}',
            '\u{61C}',
            '\u{2028}',
        ];
        for character in unseen {
            let input = format!("Ad{character}a");
            let code = u32::from(character);
            assert_eq!(name(&input, 20), Err(TextRefusal::Forbidden { code }), "U+{code:04X}");
            assert!(line(&input, 20).is_ok(), "a title may hold U+{code:04X}");
        }
        for input in ["Ada Lovelace", "陈宇", "Zoë", "محمد", "हिन्दी", "O'Neill-Šmíd"] {
            assert_eq!(name(input, 20).as_deref(), Ok(input));
        }
    }
}
