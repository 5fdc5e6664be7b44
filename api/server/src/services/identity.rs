//! What accounts need beyond the database: a bounded hasher, limits, a way for mail to leave.

use std::time::Duration;

use store::StoreError;
use store::account::link::link_sweep;
use store::account::nonce::nonce_sweep;
use store::account::session::session_sweep;
use store::coop::delivery_sweep;
use store::decision::job::job_sweep;
use store::decision::reminder::reminder_sweep;
use store::effect::effect_sweep;
use store::errand::errand_sweep;
use store::mail::mail_sweep;
use tokio::sync::watch;

use crate::app::App;
use crate::causes;
use crate::config::Config;
use crate::limits::Limits;
use crate::services::mail::Mailer;
use crate::services::passwords::Passwords;

/// How long rows are kept that work no more, in seconds: 30 days, so that what happened can be looked up.
const KEPT_SECONDS: u32 = 30 * 24 * 3_600;
/// For how long a request that is sent again under its Idempotency-Key is answered as before, in seconds: 7 days. The answers may
/// hold names, so they are kept no longer; the database refuses to let them go earlier.
const ANSWERS_KEPT_SECONDS: u32 = 7 * 24 * 3_600;
/// How often to look for such rows.
const SWEEP_PERIOD: Duration = Duration::from_secs(3_600);
/// The most rows of a kind removed at once.
const SWEEP_MAX: u16 = 500;

/// The parts.
pub struct Identity {
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Counts attempts.
    pub limits: Limits,
    /// Sends mail.
    pub mailer: Mailer,
}

impl Identity {
    /// Puts them together. As many passwords are hashed at once as there are cores.
    ///
    /// # Errors
    /// If the settings for mail are unusable.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        Ok(Self {
            passwords: Passwords::new(cores)?,
            limits: Limits::new(config.server.attempts_per_minute),
            mailer: Mailer::new(&config.mail, &config.server.public_url)?,
        })
    }
}

/// Sweeps once an hour until told to stop, at once again while there is more.
pub async fn keep_tidy(app: &App, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match sweep(app).await {
            Ok(0) => {}
            Ok(swept) => {
                tracing::info!(rows = swept, "rows that were long over are gone");
                continue;
            }
            Err(error) => {
                tracing::warn!(error.cause = %causes::chain(&error), "rows that are long over could not be removed")
            }
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP_PERIOD) => {}
            // Whoever could tell us to stop may be gone: then only time passes.
            Ok(()) = stop.changed() => {}
        }
    }
}

/// Removes sessions, links, nonces, mails, jobs and messages that are long over and answers to requests of long ago, a bounded number of each;
/// how many.
///
/// # Errors
/// If the database fails.
pub async fn sweep(app: &App) -> Result<usize, StoreError> {
    let mut tx = app.store.global_tx("identity_sweep").await?;
    let mut swept = session_sweep(&mut tx, KEPT_SECONDS, SWEEP_MAX).await?;
    swept = swept.saturating_add(link_sweep(&mut tx, KEPT_SECONDS, SWEEP_MAX).await?);
    swept = swept.saturating_add(nonce_sweep(&mut tx, SWEEP_MAX).await?);
    swept = swept.saturating_add(mail_sweep(&mut tx, KEPT_SECONDS, SWEEP_MAX).await?);
    swept = swept.saturating_add(job_sweep(&mut tx, KEPT_SECONDS, SWEEP_MAX).await?);
    swept = swept.saturating_add(errand_sweep(&mut tx, KEPT_SECONDS, SWEEP_MAX).await?);
    swept = swept.saturating_add(delivery_sweep(&mut tx, KEPT_SECONDS, SWEEP_MAX).await?);
    swept = swept.saturating_add(reminder_sweep(&mut tx, KEPT_SECONDS, SWEEP_MAX).await?);
    swept = swept.saturating_add(effect_sweep(&mut tx, ANSWERS_KEPT_SECONDS, SWEEP_MAX).await?);
    tx.commit().await?;
    Ok(swept)
}
