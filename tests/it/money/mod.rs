//! Money beside payout cycles: terms, shares, dues, bills, statements of banks, the end of years.

mod bank;
mod bills;
mod capital;
mod dues;
mod guards;
pub mod world;
mod years;
