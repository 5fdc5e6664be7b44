//! How what a posted cycle owes is paid: where members want to be paid, and files that ask a bank.

pub mod accounts;
pub mod answers;
mod books;
pub mod files;
pub mod issuing;
pub mod listing;
pub mod payees;
mod planning;

use wire::problem::ProblemKind;

use crate::problem::Problem;

/// A payment, or a file of payments, does not stand where that is done.
#[must_use]
pub fn not_so(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::PaymentState, detail)
}

/// Nobody releases or confirms what they prepared.
#[must_use]
pub fn four_eyes(detail: &str) -> Problem {
    Problem::new(ProblemKind::FourEyes, detail)
}
