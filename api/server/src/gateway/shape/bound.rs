//! Bounds of tokens by bytes: no tokenizer makes more tokens of a text than it has bytes after its own normalisation, since every
//! byte is at worst a token of its own.

use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

/// The bytes of a text in the longest of the forms that tokenizers bring it to. Composing or taking apart what is compatible can make
/// a text longer: U+FDFA has 3 bytes and becomes 33.
pub fn text(text: &str) -> u64 {
    if text.is_ascii() {
        return len(text.len());
    }
    let bytes = |count: usize, character: char| count.saturating_add(character.len_utf8());
    let composed = text.nfkc().fold(0, bytes);
    let apart = text.nfkd().fold(0, bytes);
    len(text.len().max(composed).max(apart))
}

/// The bytes of a value as templates write it at most: indented by four, with everything beyond ASCII and everything that HTML knows
/// written as escapes, as `tojson` of Jinja does.
pub fn json(value: &Value) -> u64 {
    // The parser bounds the depth, and what waits here is less than the value itself.
    let mut waiting = vec![(value, 1_u64)];
    let mut bytes = 0_u64;
    while let Some((value, depth)) = waiting.pop() {
        // A line of its own, its indent, a comma; the bracket that ends it has a line too.
        let line = depth.saturating_mul(4).saturating_add(3);
        let own = match value {
            Value::Null | Value::Bool(_) => 5,
            Value::Number(number) => len(number.to_string().len()),
            Value::String(text) => escaped(text),
            Value::Array(items) => {
                waiting.extend(items.iter().map(|item| (item, depth.saturating_add(1))));
                line.saturating_add(2)
            }
            Value::Object(members) => {
                waiting.extend(members.values().map(|member| (member, depth.saturating_add(1))));
                let names = members
                    .keys()
                    .fold(0_u64, |sum, name| sum.saturating_add(escaped(name)).saturating_add(2));
                line.saturating_add(2).saturating_add(names)
            }
        };
        bytes = bytes.saturating_add(line).saturating_add(own);
    }
    bytes
}

/// The bytes of a text as a JSON string with every escape there is; at least those of [`text`].
fn escaped(value: &str) -> u64 {
    let escaped = value.chars().fold(2_u64, |sum, character| {
        sum.saturating_add(match character {
            '"' | '\\' => 2,
            '<' | '>' | '&' | '\'' => 6,
            character if character.is_ascii_control() => 6,
            character if character.is_ascii() => 1,
            character => len(character.len_utf16()).saturating_mul(6),
        })
    });
    escaped.max(text(value).saturating_add(2))
}

fn len(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_counts_the_bytes_of_its_longest_form() {
        let cases = [
            ("", 0),
            ("abc", 3),
            ("0123456789", 10),
            ("é", 3),
            ("e\u{301}", 3),
            ("🦀", 4),
            ("\u{12000}", 4),
            ("\u{fdfa}", 33),
            ("<|im_start|>", 12),
            ("\u{ac00}", 6),
        ];
        for (value, bytes) in cases {
            assert_eq!(text(value), bytes, "{value:?}");
        }
    }

    #[test]
    fn a_value_counts_at_least_what_any_way_of_writing_it_takes() {
        let values = [
            json!(null),
            json!([]),
            json!({}),
            json!([[[[]]], {}]),
            json!({"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"é<'&>": {"type": ["string", "null"]}}}}}),
            json!(["\"\\\n\u{1}", "🦀\u{fdfa}", 1.5e300, -7, true, false, null]),
            json!({"a": [1, 2, 3, {"b": {"c": {"d": [[[1]], "x"]}}}]}),
        ];
        for value in values {
            let mut indented = Vec::new();
            let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
            let mut serializer = serde_json::Serializer::with_formatter(&mut indented, formatter);
            serde::Serialize::serialize(&value, &mut serializer).unwrap();
            let escaped: usize = String::from_utf8(indented)
                .unwrap()
                .chars()
                .map(|character| match character {
                    '<' | '>' | '&' | '\'' => 6,
                    character if character.is_ascii() => 1,
                    character => character.len_utf16() * 6,
                })
                .sum();
            assert!(json(&value) >= escaped as u64, "{} < {escaped}: {value}", json(&value));
        }
    }
}
