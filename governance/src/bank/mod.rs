//! What a co-op and its bank tell each other: files of payments out, answers and statements in (ISO 20022).
//!
//! Everything here is text in and values out. What is sent is derived from what is to be paid, byte by byte, so that the same
//! payments are the same file whoever writes it and however often; what comes back is matched by the reference under which it was
//! sent and by nothing else. A bank's file is as little trusted as anyone's: it is bounded, and a refusal names its line.

mod account;
mod letters;
mod message;
mod reference;
mod returns;
mod saying;
mod statement;
mod status_report;
#[cfg(test)]
mod tests;
mod transfer_file;
mod xml;

pub use account::{Bic, BicRefusal, Iban, IbanRefusal};
pub use letters::{NotWritten, in_bank_letters};
pub use message::BankMessage;
pub use reference::{attempt, end_to_end, message};
pub use returns::{ReturnedTransfer, Returns};
pub use saying::{Saying, Says};
pub use statement::{Statement, StatementDetail, StatementEntry, StatementKind};
pub use status_report::{StatusReport, TransferStatus};
pub use transfer_file::{
    FileVersion, PartyToTransfer, TRANSFERS_MAX, Transfer, TransferFile, TransferFileRefusal, TransferMessage,
};
pub use xml::{BANK_FILE_LENGTH_MAX, BankFileRefusal, BankReason};
