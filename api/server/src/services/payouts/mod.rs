//! Payout cycles: opened, frozen, computed twice, approved by others than who prepared them, posted to the books.

pub mod approving;
pub mod bundles;
pub mod computing;
pub mod cycles;
pub mod freezing;
pub mod next;
pub mod posting;
pub mod statement_tree;
pub mod statements;

use governance::hash::Hash32;
use governance::id::{MemberId, PayoutCycleId};
use governance::revenue::{Amount, Balance};
use store::CoopTx;
use store::revenue::{CycleRow, cycle_get};
use wire::problem::ProblemKind;

use crate::problem::Problem;
use crate::services::decision_rows::RowDamage;

/// The cycle does not stand where that is done.
#[must_use]
pub fn not_so(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::CycleState, detail)
}

/// The cycle in a state, locked.
///
/// # Errors
/// 404 where there is none, 409 where it stands elsewhere.
pub async fn locked(tx: &mut CoopTx, id: PayoutCycleId, wanted: &str) -> Result<CycleRow, Problem> {
    let row = cycle_get(tx, id, true).await?.ok_or_else(Problem::not_found)?;
    if row.state == wanted {
        return Ok(row);
    }
    let detail = format!("The cycle is {}, and this is done while it is {wanted}.", row.state);
    Err(not_so(detail).with("state", row.state))
}

/// A digest of a row.
///
/// # Errors
/// If it is none.
pub fn digest(bytes: &[u8]) -> Result<Hash32, RowDamage> {
    Hash32::from_slice(bytes).ok_or(RowDamage("digest"))
}

/// An amount of a row.
///
/// # Errors
/// If it is below nothing.
pub fn amount(units: i64) -> Result<Amount, RowDamage> {
    Amount::from_wide(i128::from(units)).ok_or(RowDamage("amount"))
}

/// A balance of a row, as it is written.
#[must_use]
pub fn balance(units: i64) -> String {
    Balance::from_units(units).to_string()
}

/// Digits of a sum, as an amount is written.
///
/// # Errors
/// If it is none.
pub fn written(digits: &str) -> Result<String, RowDamage> {
    let units: i128 = digits.parse().map_err(|_| RowDamage("sum"))?;
    Ok(Amount::from_wide(units).ok_or(RowDamage("sum"))?.to_string())
}

/// A member of a row.
#[must_use]
pub fn member(id: Option<uuid::Uuid>) -> Option<MemberId> {
    id.map(MemberId::from_uuid)
}
