//! Beancount's language, version 3 (https://beancount.github.io/docs/beancount_language_syntax.html).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{JournalLine, balances, days, full};

/// The books as a beancount file. Differs: the first letter of each part of a path becomes a capital, as beancount demands.
#[must_use]
pub fn beancount(title: &str, journal: &[JournalLine<'_>]) -> String {
    let mut file = String::new();
    let _ = writeln!(file, "option \"title\" {}", quoted(title));
    let _ = writeln!(file, "option \"inferred_tolerance_default\" \"*:0\"");
    let _ = writeln!(file, "option \"tolerance_multiplier\" \"0\"");
    let Some((first, after)) = days(journal) else {
        return file;
    };
    let balances = balances(journal);
    let mut currencies: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (path, currency) in balances.keys() {
        currencies.entry(path).or_default().insert(currency.code());
    }
    let codes: BTreeSet<&str> = currencies.values().flatten().copied().collect();
    for code in codes {
        let _ = writeln!(file, "option \"operating_currency\" \"{code}\"");
    }
    file.push('\n');
    for (path, codes) in currencies {
        let codes: Vec<&str> = codes.into_iter().collect();
        let _ = writeln!(file, "{first} open {} {}", name(path), codes.join(","));
    }
    for line in journal {
        let head = &line.head;
        let _ = writeln!(file, "\n{} * {}", head.effective_on, quoted(head.description));
        let _ = writeln!(file, "  number: \"{}\"", line.number);
        let _ = writeln!(file, "  journal: \"{}\"", head.id);
        let _ = writeln!(file, "  kind: \"{}\"", head.kind.name());
        if let Some(reversed) = head.reverses {
            let _ = writeln!(file, "  reverses: \"{reversed}\"");
        }
        for entry in line.posting.entries() {
            let currency = &entry.account.currency;
            let amount = full(currency, i128::from(entry.amount));
            let _ = writeln!(file, "  {}  {amount} {currency}", name(entry.account.path.as_str()));
            if let Some(reference) = entry.reference {
                let _ = writeln!(file, "    reference: \"{reference}\"");
            }
        }
    }
    file.push('\n');
    for ((path, currency), balance) in balances {
        let _ = writeln!(
            file,
            "{after} balance {}  {} ~ 0 {currency}",
            name(path),
            full(currency, balance)
        );
    }
    file
}

fn name(path: &str) -> String {
    let mut name = String::with_capacity(path.len());
    let mut begins = true;
    for character in path.chars() {
        name.push(if begins {
            character.to_ascii_uppercase()
        } else {
            character
        });
        begins = character == ':';
    }
    name
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
