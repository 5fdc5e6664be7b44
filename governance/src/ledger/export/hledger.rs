//! The journal format of hledger (https://hledger.org/hledger.html#journal).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{JournalLine, balances, days, full};
use crate::ledger::Currency;

/// The books as an hledger journal. Differs: a semicolon in a description becomes a comma and a vertical bar a slash, since the format has no way
/// to write them there.
#[must_use]
pub fn hledger(journal: &[JournalLine<'_>]) -> String {
    let mut file = String::from("decimal-mark .\n");
    let Some((_, after)) = days(journal) else {
        return file;
    };
    let balances = balances(journal);
    let currencies: BTreeSet<&Currency> = balances.keys().map(|(_, currency)| *currency).collect();
    for currency in currencies {
        let point = if currency.exponent() == 0 { "." } else { "" };
        let _ = writeln!(
            file,
            "commodity {}{point} {}",
            full(currency, 1_000_i128.saturating_mul(unit(currency))),
            code(currency)
        );
    }
    let paths: BTreeSet<&str> = balances.keys().map(|(path, _)| *path).collect();
    for path in paths {
        let _ = writeln!(file, "account {path}");
    }
    for line in journal {
        let head = &line.head;
        let description = head.description.replace(';', ",").replace('|', "/");
        let _ = writeln!(file, "\n{} * ({}) {description}", head.effective_on, line.number);
        let _ = writeln!(file, "    ; journal:{}, kind:{}", head.id, head.kind.name());
        if let Some(reversed) = head.reverses {
            let _ = writeln!(file, "    ; reverses:{reversed}");
        }
        for entry in line.posting.entries() {
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
    }
    let _ = writeln!(file, "\n{after} * balances at the end of the journal");
    for ((path, currency), balance) in balances {
        let (nothing, code) = (full(currency, 0), code(currency));
        let _ = writeln!(
            file,
            "    {path}  {nothing} {code} = {} {code}",
            full(currency, balance)
        );
    }
    file
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
