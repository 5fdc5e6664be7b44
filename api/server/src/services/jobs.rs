//! Jobs.

use std::sync::Arc;

use tokio::sync::watch;

use crate::app::App;

/// Works until told to stop.
pub async fn run_worker(_app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let _ = stop.changed().await;
}

/// Does once all that is due; how many jobs that were.
///
/// # Errors
/// If the database fails.
pub async fn run_due(_app: &App) -> anyhow::Result<usize> {
    Ok(0)
}
