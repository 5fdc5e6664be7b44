//! Beancount's language, version 3 (https://beancount.github.io/docs/beancount_language_syntax.html). Differs: the first letter of each part
//! of a path becomes a capital, as beancount demands.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::{Balances, Opening, full};
use crate::ledger::{Day, Entry, JournalHead};

pub(super) fn begin(opening: Opening<'_>, file: &mut String) {
    let _ = writeln!(file, "option \"title\" {}", quoted(opening.title));
    let _ = writeln!(file, "option \"inferred_tolerance_default\" \"*:0\"");
    let _ = writeln!(file, "option \"tolerance_multiplier\" \"0\"");
    let Some(first) = opening.first else { return };
    let mut currencies: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for account in opening.accounts {
        let codes = currencies.entry(account.path.as_str()).or_default();
        codes.insert(account.currency.code());
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
}

pub(super) fn transaction(number: u64, head: &JournalHead<'_>, file: &mut String) {
    let _ = writeln!(file, "\n{} * {}", head.effective_on, quoted(head.description));
    let _ = writeln!(file, "  number: \"{number}\"");
    let _ = writeln!(file, "  journal: \"{}\"", head.id);
    let _ = writeln!(file, "  kind: \"{}\"", head.kind.name());
    if let Some(reversed) = head.reverses {
        let _ = writeln!(file, "  reverses: \"{reversed}\"");
    }
}

pub(super) fn entry(entry: &Entry, file: &mut String) {
    let currency = &entry.account.currency;
    let amount = full(currency, i128::from(entry.amount));
    let _ = writeln!(file, "  {}  {amount} {currency}", name(entry.account.path.as_str()));
    if let Some(reference) = entry.reference {
        let _ = writeln!(file, "    reference: \"{reference}\"");
    }
}

pub(super) fn end(after: Day, balances: &Balances, file: &mut String) {
    file.push('\n');
    for ((path, currency), balance) in balances {
        let _ = writeln!(
            file,
            "{after} balance {}  {} ~ 0 {currency}",
            name(path),
            full(currency, *balance)
        );
    }
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
