//! Money that comes in and goes out beside revenue that is shared: members' shares, fees, dues, invoices, bills, and the end of a year.
//!
//! What members decided stands in [`MoneyTerms`], which a decision sets. Everything here computes in whole minor units of a currency and
//! with exact ratios; amounts are kept in the units of the ledger, 10^-8 of the currency.

mod bill;
mod credit;
mod invoice;
mod payment;
mod period;
mod shares;
mod terms;
#[cfg(test)]
mod tests;
mod year;

pub use bill::{BillHead, BillLine, BillRefusal, BillTotals, bill_digest, bill_totals};
pub use credit::{CreditRefusal, credit_totals, lines_left};
pub use invoice::{
    DocumentHead, DocumentKind, DocumentLine, DocumentRefusal, LINES_MAX, Totals, VatSum, document_digest, totals,
};
pub use payment::{Matched, OpenInvoice, invoice_named, match_payment};
pub use period::{DuesPeriod, PeriodTextError};
pub use shares::{Holding, Interest, InterestRefusal, ShareMove, ShareRefusal, Stake, interest, share_days};
pub use terms::{DuesTerms, MoneyTerms, MoneyTermsRefusal, Period, ShareTerms, VatRate};
pub use year::{Closing, SURPLUS, YearResult, year_digest, year_results};

use crate::ledger::Currency;

/// How many units of the ledger make one minor unit of a currency: a cent of the euro is a million of them.
#[must_use]
pub fn units_of_minor(currency: &Currency) -> u64 {
    let places = currency.exponent().saturating_sub(currency.minor_digits());
    10_u64.saturating_pow(u32::from(places))
}
