//! What became of a file of payments: `pain.002`.

use std::collections::BTreeMap;

use super::xml::{BankFileRefusal, BankReason, Element};

/// What a bank says of a payment, a batch or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferStatus {
    /// It has come in, or waits; nothing is decided.
    Pending,
    /// The bank will pay.
    Accepted,
    /// The bank has paid: the payer's account is debited.
    Settled,
    /// The bank will not pay, and nothing was moved.
    Rejected,
    /// Of a batch or a file: some of it was accepted.
    InPart,
}

/// An answer to one file of payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// What the bank calls its answer.
    pub id: String,
    /// The `MsgId` of the file it is about.
    pub about: String,
    group: Option<(TransferStatus, Option<BankReason>)>,
    transfers: BTreeMap<String, (TransferStatus, Option<BankReason>)>,
}

impl StatusReport {
    pub(super) fn read(message: Element<'_, '_>) -> Result<Self, BankFileRefusal> {
        let group = message.needed("OrgnlGrpInfAndSts")?;
        let mut report = Self {
            id: message.needed("GrpHdr")?.needed_text("MsgId")?,
            about: group.needed_text("OrgnlMsgId")?,
            group: status(group, "GrpSts")?,
            transfers: BTreeMap::new(),
        };
        for batch in message.all("OrgnlPmtInfAndSts") {
            let of_batch = status(batch, "PmtInfSts")?;
            for transfer in batch.all("TxInfAndSts") {
                let reference = transfer.needed_text("OrgnlEndToEndId")?;
                let said = status(transfer, "TxSts")?.or_else(|| of_batch.clone());
                let Some(said) = said.or_else(|| report.group.clone()) else {
                    return Err(BankFileRefusal::Missing {
                        line: transfer.line(),
                        element: "TxSts",
                    });
                };
                if report.transfers.insert(reference, said).is_some() {
                    let element = transfer.needed("OrgnlEndToEndId")?;
                    return Err(element.refused("OrgnlEndToEndId", "the bank answers twice for one payment"));
                }
            }
        }
        Ok(report)
    }

    /// What the bank says of the payment with this `EndToEndId`: of itself, or of all where the file was decided as a whole. `None`
    /// where it says nothing, which is no answer: neither yes nor no.
    #[must_use]
    pub fn of(&self, end_to_end: &str) -> Option<(TransferStatus, Option<&BankReason>)> {
        let said = self.transfers.get(end_to_end).or_else(|| {
            // "In part" says nothing of a payment that is not named.
            self.group
                .as_ref()
                .filter(|(status, _)| *status != TransferStatus::InPart)
        })?;
        Some((said.0, said.1.as_ref()))
    }

    /// The payments that the bank names, by `EndToEndId`.
    pub fn named(&self) -> impl Iterator<Item = (&str, TransferStatus, Option<&BankReason>)> {
        self.transfers
            .iter()
            .map(|(reference, (status, reason))| (reference.as_str(), *status, reason.as_ref()))
    }
}

type Said = Option<(TransferStatus, Option<BankReason>)>;

fn status(of: Element<'_, '_>, name: &'static str) -> Result<Said, BankFileRefusal> {
    let Some(element) = of.one(name) else { return Ok(None) };
    let status = match element.text() {
        "RCVD" | "PDNG" | "PRES" => TransferStatus::Pending,
        "ACTC" | "ACCP" | "ACSP" | "ACWC" | "ACWP" | "ACFC" => TransferStatus::Accepted,
        "ACSC" | "ACCC" => TransferStatus::Settled,
        "RJCT" | "CANC" => TransferStatus::Rejected,
        "PART" | "PATC" => TransferStatus::InPart,
        _ => return Err(element.refused(name, "no such status is known; ask the bank what it means")),
    };
    let reason = of.one("StsRsnInf").and_then(Element::reason);
    Ok(Some((status, reason)))
}
