//! Writes files of payments and reads what banks answer, one JSON line each, so that another program can play the bank
//! (`cargo xtask oracle bank`).
//!
//! A line `{"write": {...}}` gives the file, its `MsgId` and the reference of each payment; a line `{"read": "<xml>", "references":
//! [...]}` gives what the bank said of them, or the refusal.

use std::error::Error;
use std::io::{BufRead as _, Write as _};

use governance::bank::{
    BankMessage, Bic, FileVersion, Iban, PartyToTransfer, Statement, Transfer, TransferFile, attempt, end_to_end,
};
use governance::hash::keccak256;
use governance::ledger::Currency;
use governance::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Write(Payments),
    Read { file: String, references: Vec<String> },
}

#[derive(Deserialize)]
struct Payments {
    old: bool,
    created_at: u64,
    pay_on: String,
    payer: Party,
    transfers: Vec<Payment>,
}

#[derive(Deserialize)]
struct Party {
    name: String,
    iban: String,
    bic: Option<String>,
}

#[derive(Deserialize)]
struct Payment {
    payout: String,
    attempt: u32,
    payee: Party,
    amount: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let answer = match serde_json::from_str(&line?)? {
            Line::Write(payments) => payments.write()?,
            Line::Read { file, references } => read(&file, &references),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

impl Party {
    fn parsed(&self) -> Result<PartyToTransfer, Box<dyn Error>> {
        Ok(PartyToTransfer {
            name: self.name.clone(),
            iban: Iban::parse(&self.iban)?,
            bic: self.bic.as_deref().map(Bic::parse).transpose()?,
        })
    }
}

impl Payments {
    fn write(&self) -> Result<Value, Box<dyn Error>> {
        let currency = Currency::money("EUR")?;
        let transfers: Vec<Transfer> = self
            .transfers
            .iter()
            .map(|payment| {
                Ok(Transfer {
                    attempt: attempt(keccak256(payment.payout.as_bytes()), payment.attempt),
                    payee: payment.payee.parsed()?,
                    amount: currency.parse_amount(&payment.amount)?,
                    about: String::from("Share of a cycle"),
                })
            })
            .collect::<Result<_, Box<dyn Error>>>()?;
        let references: Vec<String> = transfers.iter().map(|transfer| end_to_end(transfer.attempt)).collect();
        let file = TransferFile {
            created_at: Timestamp(self.created_at),
            pay_on: self.pay_on.parse()?,
            payer: self.payer.parsed()?,
            currency,
            transfers,
        };
        let version = if self.old { FileVersion::V03 } else { FileVersion::V09 };
        let written = file.write(version)?;
        Ok(json!({"id": written.id, "xml": written.xml, "references": references}))
    }
}

fn read(file: &str, references: &[String]) -> Value {
    match BankMessage::read(file) {
        Err(refusal) => json!({"refused": refusal.to_string()}),
        Ok(BankMessage::StatusReport(report)) => {
            let said = references.iter().map(|reference| {
                report
                    .of(reference)
                    .map(|(status, reason)| json!([format!("{status:?}"), reason.map(|reason| &reason.code)]))
            });
            json!({"about": report.about, "said": said.collect::<Vec<_>>()})
        }
        Ok(BankMessage::Statements(statements)) => json!(statements.iter().map(of_statement).collect::<Vec<_>>()),
        Ok(BankMessage::Returns(returns)) => json!({"returns": returns.transfers.iter().map(|back| json!({
            "reference": back.end_to_end,
            "came_back": back.currency.format_amount(back.came_back.into()),
            "reason": back.reason.as_ref().map(|reason| &reason.code),
        })).collect::<Vec<_>>()}),
    }
}

fn of_statement(statement: &Statement) -> Value {
    let money = |amount: i64| statement.currency.format_amount(amount.into());
    let entries = statement.entries.iter().map(|entry| {
        let details = entry.details.iter().map(|detail| {
            json!({
                "reference": detail.end_to_end,
                "amount": detail.amount.map(money),
                "returned": detail.returned.as_ref().map(|reason| &reason.code),
            })
        });
        json!({
            "amount": money(entry.amount),
            "booked": entry.is_booked,
            "details": details.collect::<Vec<_>>(),
        })
    });
    json!({
        "sequence": statement.sequence,
        "account": statement.account.as_str(),
        "closing": statement.closing.map(money),
        "unexplained": statement.unexplained().map(|amount| statement.currency.format_amount(amount)),
        "entries": entries.collect::<Vec<_>>(),
    })
}
