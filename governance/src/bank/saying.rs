//! What a bank's message says, thing by thing, whatever form it has.

use super::account::Iban;
use super::message::BankMessage;
use super::statement::{Statement, StatementKind};
use super::status_report::{StatusReport, TransferStatus};
use super::xml::BankReason;
use crate::ledger::{Currency, Day};
use crate::payment::Said;

/// What is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// A payment will be made.
    Accepted,
    /// A payment will not be made.
    Rejected,
    /// Something was booked on an account.
    Booked,
    /// A payment came back.
    Returned,
}

impl Says {
    /// The name in rows and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Booked => "booked",
            Self::Returned => "returned",
        }
    }
}

/// One thing that a bank says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saying {
    /// What.
    pub says: Says,
    /// On which account it was booked.
    pub account: Option<Iban>,
    /// What the payment is called from end to end.
    pub reference: Option<String>,
    /// Money in above zero, out below; with its currency.
    pub amount: Option<(Currency, i64)>,
    /// On which day.
    pub day: Option<Day>,
    /// The bank's code, and what it adds.
    pub reason: Option<String>,
}

impl Saying {
    /// What it says of the payment with its reference. `None` where it gives no amount, from which nothing follows.
    #[must_use]
    pub fn of_payment(&self) -> Option<Said> {
        match (self.says, self.amount.as_ref().map(|(_, amount)| *amount)) {
            (Says::Accepted, _) => Some(Said::Accepted),
            (Says::Rejected, _) => Some(Said::Rejected),
            (Says::Booked | Says::Returned, None) => None,
            (Says::Booked, Some(amount)) if amount < 0 => Some(Said::Paid(amount.saturating_neg())),
            (Says::Booked | Says::Returned, Some(amount)) => Some(Said::Returned(amount)),
        }
    }
}

/// The codes by which banks say that they have a file or a payment already.
const DUPLICATE: [&str; 7] = ["AM05", "DUPL", "DU01", "DU02", "DU03", "DU04", "DU05"];

fn written(reason: &BankReason) -> String {
    let whole = match &reason.text {
        Some(text) => format!("{}: {text}", reason.code),
        None => reason.code.clone(),
    };
    whole.chars().take(140).collect()
}

impl BankMessage {
    /// Which message it is. Statements in one message are of one kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::StatusReport(_) => "pain.002",
            Self::Returns(_) => "pacs.004",
            Self::Statements(statements) => match statements.first().map(|one| one.kind) {
                Some(StatementKind::Intraday) => "camt.052",
                Some(StatementKind::Notice) => "camt.054",
                Some(StatementKind::EndOfDay) | None => "camt.053",
            },
        }
    }

    /// What the bank calls it; of several statements the first.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::StatusReport(report) => Some(&report.id),
            Self::Returns(returns) => Some(&returns.id),
            Self::Statements(statements) => statements.first().map(|one| one.id.as_str()),
        }
    }

    /// The file of payments that it answers, by its `MsgId`.
    #[must_use]
    pub fn answers(&self) -> Option<&str> {
        match self {
            Self::StatusReport(report) => Some(&report.about),
            Self::Returns(_) | Self::Statements(_) => None,
        }
    }

    /// What it says, in its order. `sent` are the references of the file that it answers, since a bank may decide on all of them at once.
    #[must_use]
    pub fn sayings(&self, sent: &[String]) -> Vec<Saying> {
        match self {
            Self::StatusReport(report) => of_report(report, sent),
            Self::Statements(statements) => statements.iter().flat_map(of_statement).collect(),
            Self::Returns(returns) => {
                let said = returns.transfers.iter().map(|transfer| Saying {
                    says: Says::Returned,
                    account: None,
                    reference: Some(transfer.end_to_end.clone()),
                    amount: Some((transfer.currency.clone(), transfer.came_back)),
                    day: transfer.settled_on,
                    reason: transfer.reason.as_ref().map(written),
                });
                said.collect()
            }
        }
    }
}

fn of_report(report: &StatusReport, sent: &[String]) -> Vec<Saying> {
    let ours = sent.iter().map(String::as_str);
    let others = report.named().map(|(reference, ..)| reference);
    let others = others.filter(|reference| !sent.iter().any(|ours| ours == reference));
    let said = ours.chain(others).filter_map(|reference| {
        let (status, reason) = report.of(reference)?;
        let says = match status {
            // A bank that has it already answers so about a file that came twice: it is to be asked what became of the first, and nothing
            // is refused by that.
            TransferStatus::Rejected if reason.is_some_and(|reason| DUPLICATE.contains(&reason.code.as_str())) => {
                return None;
            }
            // That the account was debited is for its statement to say.
            TransferStatus::Accepted | TransferStatus::Settled => Says::Accepted,
            TransferStatus::Rejected => Says::Rejected,
            TransferStatus::Pending | TransferStatus::InPart => return None,
        };
        Some(Saying {
            says,
            account: None,
            reference: Some(reference.to_owned()),
            amount: None,
            day: None,
            reason: reason.map(written),
        })
    });
    said.collect()
}

fn of_statement(statement: &Statement) -> Vec<Saying> {
    let mut said = Vec::new();
    for entry in statement.entries.iter().filter(|entry| entry.is_booked) {
        let saying = |reference: Option<String>, amount: Option<i64>, reason: Option<String>| Saying {
            says: Says::Booked,
            account: Some(statement.account.clone()),
            reference,
            amount: amount.map(|amount| (statement.currency.clone(), amount)),
            day: entry.booked_on.or(entry.valued_on),
            reason,
        };
        if entry.details.is_empty() {
            said.push(saying(None, Some(entry.amount), None));
        }
        for detail in &entry.details {
            let reason = detail.returned.as_ref().map(written);
            said.push(saying(detail.end_to_end.clone(), detail.amount, reason));
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(status: &str, code: &str) -> BankMessage {
        let text = format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>A</MsgId></GrpHdr>\
             <OrgnlGrpInfAndSts><OrgnlMsgId>F</OrgnlMsgId><GrpSts>{status}</GrpSts><StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>\
             </OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"
        );
        BankMessage::read(&text).unwrap()
    }

    #[test]
    fn a_bank_that_has_a_file_already_refuses_nothing_by_saying_so() {
        let sent = [String::from("ONE"), String::from("TWO")];
        for code in DUPLICATE {
            assert_eq!(report("RJCT", code).sayings(&sent), [], "{code}");
        }
        let refused = report("RJCT", "FF01").sayings(&sent);
        let said: Vec<_> = refused
            .iter()
            .map(|saying| (saying.says, saying.reference.as_deref()))
            .collect();
        assert_eq!(said, [(Says::Rejected, Some("ONE")), (Says::Rejected, Some("TWO"))]);
        assert_eq!(report("ACCP", "DUPL").sayings(&sent).len(), 2);
        assert_eq!(
            report("PART", "FF01").sayings(&sent),
            [],
            "in part says nothing of what is not named"
        );
    }
}
