//! Holds whose leases ended: the program that ran their calls died. They are settled by the voted rule.

use store::StoreError;

use crate::app::App;

/// How many co-ops one round looks at, and how many holds of each it settles.
const COOPS: u16 = 16;
const HOLDS: u16 = 64;

/// Settles holds whose leases ended, a bounded number; how many. A worker calls it again until it is 0.
///
/// # Errors
/// If the database fails.
pub async fn sweep_once(app: &App) -> Result<usize, StoreError> {
    let mut swept: u64 = 0;
    for coop in app.store.access_expired_coops(COOPS).await? {
        swept = swept.saturating_add(app.store.access_sweep(coop, HOLDS).await?);
    }
    if swept > 0 {
        tracing::info!(holds.swept = swept, "holds whose leases ended were settled");
    }
    Ok(usize::try_from(swept).unwrap_or(usize::MAX))
}
