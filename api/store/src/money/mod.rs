//! Money that comes in and goes out beside payout cycles. Rows rest on transactions of the books and stand as long as these are not undone.

mod bill;
mod document;
mod incoming;
mod interest;
mod share;
mod terms;
mod year;

pub use bill::{
    BillApprovalRow, BillRow, NewBill, bill_approval_insert, bill_approval_list, bill_approve, bill_cancel, bill_get,
    bill_insert, bill_list, bill_pay,
};
pub use document::{
    ChargedRow, DocumentFilter, DocumentRow, NewDocument, UsageOwedRow, credited_lines, document_get, document_insert,
    document_last, document_list, dues_members, invoice_numbered, usage_uncharged,
};
pub use incoming::{
    ArrearsRow, IncomingRow, NewIncoming, arrears_list, credit_of, incoming_insert, incoming_of, settlement_insert,
};
pub use interest::{InterestLine, NewInterest, interest_get, interest_insert, interest_last_year, interest_of_cycle};
pub use share::{
    HoldingRow, NewShareMovement, ShareMovementRow, holdings_on, movement_insert, movement_list, movements_of,
};
pub use terms::{MoneyTermsRow, NewMoneyTerms, money_terms_insert, money_terms_list};
pub use year::{
    ClosingRow, NewYearClose, SummaryRow, YearRow, bills_waiting, closing_balances, year_close_insert, year_last,
    year_list, year_summaries,
};
