//! Which message a bank's file is.

use super::returns::Returns;
use super::statement::{Statement, StatementKind};
use super::status_report::StatusReport;
use super::xml::{BankFile, BankFileRefusal};

/// What a bank told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BankMessage {
    /// What became of a file of payments (`pain.002`).
    StatusReport(StatusReport),
    /// What moved on accounts (`camt.052`, `camt.053`, `camt.054`).
    Statements(Vec<Statement>),
    /// Payments that came back (`pacs.004`).
    Returns(Returns),
}

impl BankMessage {
    /// Reads a bank's file whole or not at all, whatever edition of the message it is.
    ///
    /// # Errors
    /// [`BankFileRefusal`] with the line and the reason.
    pub fn read(text: &str) -> Result<Self, BankFileRefusal> {
        let file = BankFile::parse(text)?;
        let (name, message) = file.message()?;
        let statements = |kind: StatementKind| Statement::read_all(kind, message).map(Self::Statements);
        match name.get(..8).unwrap_or_default() {
            "pain.002" => StatusReport::read(message).map(Self::StatusReport),
            "camt.052" => statements(StatementKind::Intraday),
            "camt.053" => statements(StatementKind::EndOfDay),
            "camt.054" => statements(StatementKind::Notice),
            "pacs.004" => Returns::read(message).map(Self::Returns),
            _ => Err(BankFileRefusal::OtherMessage {
                found: name.chars().take(40).collect(),
            }),
        }
    }
}
