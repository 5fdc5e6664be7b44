//! Comma-separated values (RFC 4180) that a spreadsheet shows and never runs.

use serde_json::Value;

/// What a spreadsheet may take for the beginning of a formula, the wide forms of it too (OWASP, CSV injection).
const BEGINNINGS: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'];

/// A line. Texts stand in quotes; one that a spreadsheet could take for a formula begins with an apostrophe.
pub(super) fn line(cells: impl IntoIterator<Item = Value>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| field(&cell)).collect();
    let mut line = cells.join(",");
    line.push_str("\r\n");
    line
}

fn field(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => cell.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(_) | Value::Object(_) => quoted(&cell.to_string()),
    }
}

fn quoted(text: &str) -> String {
    let apostrophe = if text.trim_start_matches(' ').starts_with(BEGINNINGS) {
        "'"
    } else {
        ""
    };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_cell_begins_a_formula_or_ends_another_cell() {
        let cases = [
            (json!("Ada"), "\"Ada\""),
            (
                json!("=HYPERLINK(\"https://evil.example\")"),
                "\"'=HYPERLINK(\"\"https://evil.example\"\")\"",
            ),
            (json!("+1"), "\"'+1\""),
            (json!("-1"), "\"'-1\""),
            (json!("@SUM(A1)"), "\"'@SUM(A1)\""),
            (json!("\t=1"), "\"'\t=1\""),
            (json!("\r=1"), "\"'\r=1\""),
            (json!("  =1"), "\"'  =1\""),
            (json!("\u{0}=1"), "\"'\u{0}=1\""),
            (json!("＝1"), "\"'＝1\""),
            (json!("a,b\nc"), "\"a,b\nc\""),
            (json!("1=1"), "\"1=1\""),
            (json!(-7), "-7"),
            (json!(true), "true"),
            (json!(null), ""),
            (json!([0, 2]), "\"[0,2]\""),
        ];
        for (cell, expected) in cases {
            assert_eq!(field(&cell), expected, "{cell}");
        }
        assert_eq!(line([json!(1), json!("x"), json!(null)]), "1,\"x\",\r\n");
    }
}
