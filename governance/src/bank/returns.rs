//! Payments that came back after they were made: `pacs.004`.

use super::xml::{BankFileRefusal, BankReason, Element};
use crate::ledger::{Currency, Day};

/// Payments that came back, in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returns {
    /// What the bank calls it.
    pub id: String,
    /// The payments, in the bank's order.
    pub transfers: Vec<ReturnedTransfer>,
}

/// A payment that came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedTransfer {
    /// The line of the file at which it begins.
    pub line: u32,
    /// Its `EndToEndId`.
    pub end_to_end: String,
    /// Of both amounts.
    pub currency: Currency,
    /// What had been paid, where the bank says it, in units of the ledger.
    pub sent: Option<i64>,
    /// What came back. It may be less than was sent: a bank may keep its charge.
    pub came_back: i64,
    /// On which day.
    pub settled_on: Option<Day>,
    /// Why.
    pub reason: Option<BankReason>,
}

impl Returns {
    pub(super) fn read(message: Element<'_, '_>) -> Result<Self, BankFileRefusal> {
        let header = message.needed("GrpHdr")?;
        // The day may be said once for all of them.
        let day = header.day("IntrBkSttlmDt")?;
        let transfers = message.all("TxInf").map(|transfer| read_transfer(transfer, day));
        Ok(Self {
            id: header.needed_text("MsgId")?,
            transfers: transfers.collect::<Result<_, _>>()?,
        })
    }
}

fn read_transfer(transfer: Element<'_, '_>, day: Option<Day>) -> Result<ReturnedTransfer, BankFileRefusal> {
    let (currency, came_back) = transfer.amount("RtrdIntrBkSttlmAmt")?;
    let sent = match transfer.one("OrgnlIntrBkSttlmAmt") {
        Some(amount) => {
            let (of_sent, sent) = transfer.amount("OrgnlIntrBkSttlmAmt")?;
            if of_sent != currency {
                return Err(amount.refused(
                    "OrgnlIntrBkSttlmAmt",
                    "what was sent and what came back differ in currency",
                ));
            }
            Some(sent)
        }
        None => None,
    };
    if sent.is_some_and(|sent| sent < came_back) {
        let amount = transfer.needed("RtrdIntrBkSttlmAmt")?;
        return Err(amount.refused("RtrdIntrBkSttlmAmt", "more came back than was sent"));
    }
    Ok(ReturnedTransfer {
        line: transfer.line(),
        end_to_end: transfer.needed_text("OrgnlEndToEndId")?,
        currency,
        sent,
        came_back,
        settled_on: transfer.day("IntrBkSttlmDt")?.or(day),
        reason: transfer.one("RtrRsnInf").and_then(Element::reason),
    })
}
