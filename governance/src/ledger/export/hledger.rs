//! The journal format of hledger (https://hledger.org/hledger.html#journal). Differs: a semicolon in a description becomes a comma and a
//! vertical bar a slash, since the format has no way to write them there.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Balances, Opening, full};
use crate::ledger::{Currency, Day, Entry, JournalHead};

pub(super) fn begin(opening: Opening<'_>, file: &mut String) {
    file.push_str("decimal-mark .\n");
    if opening.first.is_none() {
        return;
    }
    let currencies: BTreeSet<&Currency> = opening.accounts.iter().map(|account| &account.currency).collect();
    for currency in currencies {
        let point = if currency.exponent() == 0 { "." } else { "" };
        let _ = writeln!(
            file,
            "commodity {}{point} {}",
            full(currency, 1_000_i128.saturating_mul(unit(currency))),
            code(currency)
        );
    }
    let paths: BTreeSet<&str> = opening.accounts.iter().map(|account| account.path.as_str()).collect();
    for path in paths {
        let _ = writeln!(file, "account {path}");
    }
}

pub(super) fn transaction(number: u64, head: &JournalHead<'_>, file: &mut String) {
    let description = head.description.replace(';', ",").replace('|', "/");
    let _ = writeln!(file, "\n{} * ({number}) {description}", head.effective_on);
    let _ = writeln!(file, "    ; journal:{}, kind:{}", head.id, head.kind.name());
    if let Some(reversed) = head.reverses {
        let _ = writeln!(file, "    ; reverses:{reversed}");
    }
}

pub(super) fn entry(entry: &Entry, file: &mut String) {
    let currency = &entry.account.currency;
    let amount = full(currency, i128::from(entry.amount));
    let reference = entry
        .reference
        .map_or_else(String::new, |id| format!("  ; reference:{id}"));
    let _ = writeln!(
        file,
        "    {}  {amount} {}{reference}",
        entry.account.path,
        code(currency)
    );
}

pub(super) fn end(after: Day, balances: &Balances, file: &mut String) {
    let _ = writeln!(file, "\n{after} * balances at the end of the journal");
    for ((path, currency), balance) in balances {
        let (nothing, code) = (full(currency, 0), code(currency));
        let _ = writeln!(
            file,
            "    {path}  {nothing} {code} = {} {code}",
            full(currency, *balance)
        );
    }
}

fn unit(currency: &Currency) -> i128 {
    10_i128.checked_pow(u32::from(currency.exponent())).unwrap_or(i128::MAX)
}

/// A code with digits in it stands in quotes, since hledger would take the digits for an amount.
fn code(currency: &Currency) -> String {
    if currency.code().bytes().any(|byte| byte.is_ascii_digit()) {
        format!("\"{currency}\"")
    } else {
        currency.to_string()
    }
}
