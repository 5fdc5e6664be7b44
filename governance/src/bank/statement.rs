//! What moved on an account: statements of a day, reports within one, notices of single movements (`camt.053`, `052`, `054`).

use super::account::Iban;
use super::xml::{BankFileRefusal, BankReason, Element};
use crate::ledger::{Currency, Day};

/// How final a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementKind {
    /// A day that has ended, from one balance to the next: what the books are reconciled with.
    EndOfDay,
    /// A day so far.
    Intraday,
    /// Single movements, without balances.
    Notice,
}

/// What moved on one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// How final it is.
    pub kind: StatementKind,
    /// What the bank calls it.
    pub id: String,
    /// Its number among the statements of the account, by which a missing one is seen.
    pub sequence: Option<u64>,
    /// The account.
    pub account: Iban,
    /// Of every amount in it.
    pub currency: Currency,
    /// The balance before the first entry, in units of the ledger; below zero for an overdraft.
    pub opening: Option<i64>,
    /// The balance after the last entry.
    pub closing: Option<i64>,
    /// The day of that balance.
    pub closed_on: Option<Day>,
    /// The movements, in the bank's order.
    pub entries: Vec<StatementEntry>,
}

/// One movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementEntry {
    /// The line of the file at which it begins.
    pub line: u32,
    /// Money in above zero, out below, in units of the ledger.
    pub amount: i64,
    /// Whether it is booked. What is only announced may still vanish.
    pub is_booked: bool,
    /// The day of the booking.
    pub booked_on: Option<Day>,
    /// The day from which it bears interest.
    pub valued_on: Option<Day>,
    /// What the bank calls it.
    pub bank_reference: Option<String>,
    /// What it is made of; one movement may stand for many payments.
    pub details: Vec<StatementDetail>,
}

/// A payment within a movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementDetail {
    /// Its `EndToEndId`. Payments are matched by it and by nothing else.
    pub end_to_end: Option<String>,
    /// Its part of the movement, signed like it; `None` where the bank gives none and there are several.
    pub amount: Option<i64>,
    /// Why it came back, where it is a return.
    pub returned: Option<BankReason>,
    /// The other side's name, as the bank has it.
    pub other_party: Option<String>,
    /// What the payer wrote.
    pub about: Option<String>,
}

impl Statement {
    pub(super) fn read_all(kind: StatementKind, message: Element<'_, '_>) -> Result<Vec<Self>, BankFileRefusal> {
        let name = match kind {
            StatementKind::EndOfDay => "Stmt",
            StatementKind::Intraday => "Rpt",
            StatementKind::Notice => "Ntfctn",
        };
        message.all(name).map(|statement| Self::read(kind, statement)).collect()
    }

    fn read(kind: StatementKind, statement: Element<'_, '_>) -> Result<Self, BankFileRefusal> {
        let account = statement.needed("Acct")?;
        let number = account.needed("Id")?.needed("IBAN")?;
        let sequence = statement.one("ElctrncSeqNb").or_else(|| statement.one("LglSeqNb"));
        let entries: Vec<(Currency, StatementEntry)> =
            statement.all("Ntry").map(read_entry).collect::<Result<_, _>>()?;
        let currency = match account.one("Ccy") {
            Some(code) => Currency::money(code.text()).map_err(|why| code.refused("Ccy", why))?,
            // Older editions leave it out; the balances and entries have it.
            None => match (statement.one("Bal"), entries.first()) {
                (Some(balance), _) => balance.amount("Amt")?.0,
                (None, Some((currency, _))) => currency.clone(),
                (None, None) => return Err(account.needed("Ccy").err().unwrap_or(BankFileRefusal::TooLarge)),
            },
        };
        if let Some((_, entry)) = entries.iter().find(|(of_entry, _)| *of_entry != currency) {
            return Err(BankFileRefusal::Value {
                line: entry.line,
                element: "Amt",
                value: String::new(),
                why: format!("the entry is not in {currency}, the currency of its account"),
            });
        }
        Ok(Self {
            kind,
            id: statement.needed_text("Id")?,
            sequence: match sequence {
                Some(element) => Some(
                    element
                        .text()
                        .parse()
                        .map_err(|why| element.refused("ElctrncSeqNb", why))?,
                ),
                None => None,
            },
            account: Iban::parse(number.text()).map_err(|why| number.refused("IBAN", why))?,
            opening: balance(statement, &currency, &["OPBD", "PRCD"])?,
            closing: balance(statement, &currency, &["CLBD"])?,
            closed_on: match with_code(statement, "CLBD") {
                Some(balance) => balance.day("Dt")?,
                None => None,
            },
            currency,
            entries: entries.into_iter().map(|(_, entry)| entry).collect(),
        })
    }

    /// What the booked entries leave unexplained between the two balances, in units of the ledger: an entry is missing where it is
    /// not zero. `None` where the statement has not both balances.
    #[must_use]
    pub fn unexplained(&self) -> Option<i128> {
        let booked = self.entries.iter().filter(|entry| entry.is_booked);
        let moved: i128 = booked.map(|entry| i128::from(entry.amount)).sum();
        Some(i128::from(self.closing?) - i128::from(self.opening?) - moved)
    }
}

/// The balance with this code.
fn with_code<'file, 'text>(statement: Element<'file, 'text>, code: &str) -> Option<Element<'file, 'text>> {
    let code_of = |balance: Element<'_, '_>| balance.text_at(&["Tp", "CdOrPrtry", "Cd"]).unwrap_or_default();
    statement.all("Bal").find(|balance| code_of(*balance) == code)
}

/// The balance with the first of these codes that the statement has.
fn balance(
    statement: Element<'_, '_>,
    currency: &Currency,
    codes: &[&'static str],
) -> Result<Option<i64>, BankFileRefusal> {
    for code in codes {
        if let Some(balance) = with_code(statement, code) {
            let amount = balance.needed("Amt")?.amount_in(currency, "Amt")?;
            return Ok(Some(if balance.is_credit()? { amount } else { -amount }));
        }
    }
    Ok(None)
}

fn read_entry(entry: Element<'_, '_>) -> Result<(Currency, StatementEntry), BankFileRefusal> {
    let (currency, amount) = entry.amount("Amt")?;
    let sign = if entry.is_credit()? { 1 } else { -1 };
    let state = entry.needed("Sts")?;
    let state = state.one("Cd").unwrap_or(state);
    let is_booked = match state.text() {
        "BOOK" => true,
        "PDNG" | "INFO" | "FUTR" => false,
        _ => return Err(state.refused("Sts", "it is neither booked nor announced")),
    };
    let mut details = Vec::new();
    for part in entry.all("NtryDtls").flat_map(|details| details.all("TxDtls")) {
        details.push(read_detail(part, &currency, sign)?);
    }
    let whole = sign * amount;
    if let [only] = details.as_mut_slice() {
        only.amount = only.amount.or(Some(whole));
    }
    let parts: Option<i128> = details.iter().map(|detail| detail.amount.map(i128::from)).sum();
    if !details.is_empty() && parts.is_some_and(|sum| sum != i128::from(whole)) {
        return Err(BankFileRefusal::Sum { line: entry.line() });
    }
    let read = StatementEntry {
        line: entry.line(),
        amount: whole,
        is_booked,
        booked_on: entry.day("BookgDt")?,
        valued_on: entry.day("ValDt")?,
        bank_reference: entry.text_at(&["AcctSvcrRef"]),
        details,
    };
    Ok((currency, read))
}

fn read_detail(part: Element<'_, '_>, currency: &Currency, sign: i64) -> Result<StatementDetail, BankFileRefusal> {
    let amount = match (part.one("Amt"), part.at(&["AmtDtls", "TxAmt", "Amt"])) {
        (Some(amount), _) | (None, Some(amount)) => Some(sign * amount.amount_in(currency, "Amt")?),
        (None, None) => None,
    };
    // The other side of money that came in is who paid it.
    let (party, account) = if sign > 0 {
        ("Dbtr", "DbtrAcct")
    } else {
        ("Cdtr", "CdtrAcct")
    };
    let name = part
        .text_at(&["RltdPties", party, "Nm"])
        .or_else(|| part.text_at(&["RltdPties", party, "Pty", "Nm"]))
        .or_else(|| part.text_at(&["RltdPties", account, "Nm"]));
    // A bank that passes on no reference writes this instead.
    let end_to_end = part
        .text_at(&["Refs", "EndToEndId"])
        .filter(|reference| reference != "NOTPROVIDED");
    Ok(StatementDetail {
        end_to_end,
        amount,
        returned: part.one("RtrInf").and_then(Element::reason),
        other_party: name,
        about: part.text_at(&["RmtInf", "Ustrd"]),
    })
}
