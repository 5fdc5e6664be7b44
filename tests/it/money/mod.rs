//! Money beside payout cycles: terms, shares, dues, bills, statements of banks, the end of years.

mod bank;
mod bills;
mod capital;
mod checks;
mod credit;
mod dues;
pub mod guards;
mod interest;
mod undoing;
pub mod world;
pub mod years;
