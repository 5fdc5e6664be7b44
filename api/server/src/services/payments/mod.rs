//! How what a posted cycle owes is paid: where members want to be paid, and files that ask a bank.

pub mod accounts;
pub mod answers;
mod books;
pub mod by_hand;
pub mod claims;
pub mod distributors;
pub mod ending;
pub mod files;
pub mod following;
pub mod issuing;
pub mod listing;
pub mod payees;
mod planning;
pub mod reconciling;
mod root_records;
mod roots;

use governance::id::PayoutCycleId;
use store::CoopTx;
use store::payment::{issue_get, reversal_get};
use store::revenue::CycleRow;
use wire::problem::ProblemKind;

use crate::problem::Problem;
use crate::services::payouts::locked;

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

/// A posted cycle that nobody undid, locked.
///
/// # Errors
/// 404 where there is none; 409 where it is not posted, or was undone.
pub async fn standing_cycle(tx: &mut CoopTx, id: PayoutCycleId) -> Result<CycleRow, Problem> {
    let cycle = locked(tx, id, "posted").await?;
    if reversal_get(tx, id).await?.is_some_and(|row| row.done_at.is_some()) {
        return Err(not_so("The cycle was undone. A later one shares its income again."));
    }
    Ok(cycle)
}

/// A cycle of which payments are made, locked: it was issued, and nobody undid it.
///
/// # Errors
/// As [`standing_cycle`]; 409 where it was not issued.
pub async fn issued(tx: &mut CoopTx, id: PayoutCycleId) -> Result<CycleRow, Problem> {
    let cycle = standing_cycle(tx, id).await?;
    if issue_get(tx, id).await?.is_none() {
        return Err(not_so("The cycle was not issued. Issue it first."));
    }
    Ok(cycle)
}
