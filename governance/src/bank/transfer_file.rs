//! A file of payments for a bank: customer credit transfers, `pain.001`.

use std::fmt::Write as _;

use super::account::{Bic, Iban};
use super::letters::{NotWritten, in_bank_letters};
use super::reference;
use crate::hash::Hash32;
use crate::ledger::{Currency, Day};
use crate::time::Timestamp;

/// The most payments in one file; banks set bounds of about this size.
pub const TRANSFERS_MAX: usize = 100_000;
/// The longest name, in letters.
const NAME_LENGTH_MAX: usize = 70;
/// The longest text that goes with a payment, in letters.
const ABOUT_LENGTH_MAX: usize = 140;
/// The most whole units that one payment may have in the single euro payments area.
const WHOLE_UNITS_MAX: i128 = 999_999_999;

/// Which edition of the message the bank takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileVersion {
    /// `pain.001.001.03` of 2009, which many banks still ask for.
    V03,
    /// `pain.001.001.09` of 2019.
    V09,
}

/// Whose account it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyToTransfer {
    /// The holder as people write it; the file has it in a bank's letters.
    pub name: String,
    /// The account.
    pub iban: Iban,
    /// Its bank, where it is known: within the area the account number is enough.
    pub bic: Option<Bic>,
}

/// One payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The try to make it, from [`attempt`](super::attempt).
    pub attempt: Hash32,
    /// Who is paid.
    pub payee: PartyToTransfer,
    /// How much, in units of the ledger; whole minor units of the currency.
    pub amount: i64,
    /// What the payee reads on the statement.
    pub about: String,
}

/// What one file asks of a bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferFile {
    /// When the file was first written. A file written again says the same.
    pub created_at: Timestamp,
    /// The day on which the bank is to pay.
    pub pay_on: Day,
    /// Of every payment.
    pub currency: Currency,
    /// Whose account pays.
    pub payer: PartyToTransfer,
    /// The payments, in any order.
    pub transfers: Vec<Transfer>,
}

/// A file for a bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferMessage {
    /// Its `MsgId`, by which the bank refuses to take it twice.
    pub id: String,
    /// How many payments it holds.
    pub transfers: usize,
    /// Their sum, in units of the ledger.
    pub total: i128,
    /// The file, in UTF-8.
    pub xml: String,
}

/// Why no file can be written. A payment is named by its place, from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransferFileRefusal {
    /// There is nothing to pay.
    #[error("there is nothing to pay")]
    Empty,
    /// More than a bank takes at once.
    #[error("a file holds at most {TRANSFERS_MAX} payments")]
    TooMany,
    /// Nothing, less than nothing, or more than a bank pays at once.
    #[error("payment {transfer}: the amount is not between one minor unit and {WHOLE_UNITS_MAX} whole units")]
    Amount {
        /// Which payment.
        transfer: usize,
    },
    /// A fraction of a minor unit, which no bank can pay.
    #[error("payment {transfer}: the amount is finer than the currency is paid in")]
    TooFine {
        /// Which payment.
        transfer: usize,
    },
    /// The same try stands in the file twice.
    #[error("payment {transfer}: it stands in the file twice")]
    Twice {
        /// Which payment.
        transfer: usize,
    },
    /// A name that no bank can write.
    #[error("payment {transfer}: {why}")]
    Payee {
        /// Which payment.
        transfer: usize,
        /// What to do.
        why: NotWritten,
    },
    /// The co-op's own name cannot be written.
    #[error("the payer: {0}")]
    Payer(NotWritten),
    /// A file was dated outside of the calendar.
    #[error("the moment at which the file was written lies outside of the calendar")]
    Moment,
}

impl FileVersion {
    const fn namespace(self) -> &'static str {
        match self {
            Self::V03 => "urn:iso:std:iso:20022:tech:xsd:pain.001.001.03",
            Self::V09 => "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09",
        }
    }

    /// What the code of a bank is called.
    const fn bank(self) -> &'static str {
        match self {
            Self::V03 => "BIC",
            Self::V09 => "BICFI",
        }
    }
}

impl TransferFile {
    /// Writes the file. The payments stand in the order of their references, so that the same payments are the same bytes.
    ///
    /// # Errors
    /// [`TransferFileRefusal`] for what no bank would take, or what one would take and pay wrongly.
    pub fn write(&self, version: FileVersion) -> Result<TransferMessage, TransferFileRefusal> {
        if self.transfers.is_empty() {
            return Err(TransferFileRefusal::Empty);
        }
        if self.transfers.len() > TRANSFERS_MAX {
            return Err(TransferFileRefusal::TooMany);
        }
        let payer = in_bank_letters(&self.payer.name, NAME_LENGTH_MAX).map_err(TransferFileRefusal::Payer)?;
        let mut in_order: Vec<(usize, &Transfer)> = self.transfers.iter().enumerate().collect();
        in_order.sort_unstable_by_key(|(_, transfer)| transfer.attempt);
        if let Some(twice) = in_order.windows(2).find_map(|pair| match pair {
            [(_, one), (place, other)] if one.attempt == other.attempt => Some(*place),
            _ => None,
        }) {
            return Err(TransferFileRefusal::Twice { transfer: twice });
        }
        let mut payments = String::new();
        for (place, transfer) in &in_order {
            self.write_transfer(&mut payments, version, *place, transfer)?;
        }
        let attempts: Vec<Hash32> = in_order.iter().map(|(_, transfer)| transfer.attempt).collect();
        let total: i128 = in_order.iter().map(|(_, transfer)| i128::from(transfer.amount)).sum();
        let id = reference::message(&attempts);
        let xml = self.write_message(version, &id, &payer, total, &payments)?;
        Ok(TransferMessage {
            id,
            transfers: in_order.len(),
            total,
            xml,
        })
    }

    fn write_message(
        &self,
        version: FileVersion,
        id: &str,
        payer: &str,
        total: i128,
        payments: &str,
    ) -> Result<String, TransferFileRefusal> {
        let (count, sum) = (self.transfers.len(), self.currency.format_amount(total));
        let sums = format!("<NbOfTxs>{count}</NbOfTxs><CtrlSum>{sum}</CtrlSum>");
        let service = if self.currency.code() == "EUR" {
            "<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>"
        } else {
            ""
        };
        let day = match version {
            FileVersion::V03 => self.pay_on.to_string(),
            FileVersion::V09 => format!("<Dt>{}</Dt>", self.pay_on),
        };
        let bank = match &self.payer.bic {
            Some(bic) => format!("<{0}>{1}</{0}>", version.bank(), bic.as_str()),
            None => String::from("<Othr><Id>NOTPROVIDED</Id></Othr>"),
        };
        let (namespace, moment) = (version.namespace(), moment(self.created_at)?);
        Ok(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"{namespace}\"><CstmrCdtTrfInitn>\n\
             <GrpHdr><MsgId>{id}</MsgId><CreDtTm>{moment}</CreDtTm>{sums}<InitgPty><Nm>{payer}</Nm></InitgPty></GrpHdr>\n\
             <PmtInf><PmtInfId>{id}</PmtInfId><PmtMtd>TRF</PmtMtd><BtchBookg>false</BtchBookg>{sums}{service}\
             <ReqdExctnDt>{day}</ReqdExctnDt><Dbtr><Nm>{payer}</Nm></Dbtr><DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct>\
             <DbtrAgt><FinInstnId>{bank}</FinInstnId></DbtrAgt><ChrgBr>SLEV</ChrgBr>\n{payments}</PmtInf>\n\
             </CstmrCdtTrfInitn></Document>\n",
            iban = self.payer.iban,
        ))
    }

    fn write_transfer(
        &self,
        payments: &mut String,
        version: FileVersion,
        place: usize,
        transfer: &Transfer,
    ) -> Result<(), TransferFileRefusal> {
        let amount = self.amount_of(place, transfer)?;
        let name = in_bank_letters(&transfer.payee.name, NAME_LENGTH_MAX)
            .map_err(|why| TransferFileRefusal::Payee { transfer: place, why })?;
        let bank = transfer.payee.bic.as_ref().map_or_else(String::new, |bic| {
            let element = version.bank();
            format!(
                "<CdtrAgt><FinInstnId><{element}>{}</{element}></FinInstnId></CdtrAgt>",
                bic.as_str()
            )
        });
        // A text of which nothing can be written is left out: the reference is enough to know a payment by.
        let about = in_bank_letters(&transfer.about, ABOUT_LENGTH_MAX).map_or_else(
            |_| String::new(),
            |about| format!("<RmtInf><Ustrd>{about}</Ustrd></RmtInf>"),
        );
        // Writing to a string cannot fail.
        let _ = writeln!(
            payments,
            "<CdtTrfTxInf><PmtId><EndToEndId>{reference}</EndToEndId></PmtId><Amt><InstdAmt Ccy=\"{currency}\">{amount}\
             </InstdAmt></Amt>{bank}<Cdtr><Nm>{name}</Nm></Cdtr><CdtrAcct><Id><IBAN>{iban}</IBAN></Id></CdtrAcct>{about}\
             </CdtTrfTxInf>",
            reference = reference::end_to_end(transfer.attempt),
            currency = self.currency.code(),
            iban = transfer.payee.iban,
        );
        Ok(())
    }

    fn amount_of(&self, transfer: usize, of: &Transfer) -> Result<String, TransferFileRefusal> {
        let amount = i128::from(of.amount);
        let whole = 10_i128.pow(u32::from(self.currency.exponent()));
        let minor = 10_i128.pow(u32::from(
            self.currency.exponent().saturating_sub(self.currency.minor_digits()),
        ));
        if amount % minor != 0 {
            return Err(TransferFileRefusal::TooFine { transfer });
        }
        if amount <= 0 || amount / whole > WHOLE_UNITS_MAX {
            return Err(TransferFileRefusal::Amount { transfer });
        }
        Ok(self.currency.format_amount(amount))
    }
}

/// The moment in UTC, to the second.
fn moment(at: Timestamp) -> Result<String, TransferFileRefusal> {
    let day = i32::try_from(at.0 / 86_400)
        .ok()
        .and_then(|days| Day::from_days(days).ok())
        .ok_or(TransferFileRefusal::Moment)?;
    let second = at.0 % 86_400;
    Ok(format!(
        "{day}T{:02}:{:02}:{:02}Z",
        second / 3_600,
        second / 60 % 60,
        second % 60
    ))
}
