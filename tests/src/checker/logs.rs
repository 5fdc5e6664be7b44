//! The log of this process, kept so that it can be searched for secrets.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use tracing_subscriber::EnvFilter;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Writes into the kept log, and on when somebody asked to see it.
struct Kept;

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        if std::env::var_os("RUST_LOG").is_some() {
            std::io::stderr().write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Begins to keep the log, in the form in which the program writes it; gives the place where it stands now.
#[must_use]
pub fn start() -> usize {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Kept)
        .json()
        .flatten_event(true)
        .try_init();
    LOG.lock().unwrap_or_else(PoisonError::into_inner).len()
}

/// What was logged since, by this test and those that ran beside it.
#[must_use]
pub fn since(place: usize) -> String {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(log.get(place..).unwrap_or_default()).into_owned()
}
