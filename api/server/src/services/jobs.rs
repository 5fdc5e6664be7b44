//! Jobs.

use std::sync::Arc;

use tokio::sync::watch;

use crate::app::App;

/// Works until told to stop.
pub async fn run_worker(_app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let _ = stop.changed().await;
}
