//! The log: one JSON object a line on standard error. `RUST_LOG` chooses what is said; `ROCHDALE_LOG=text` is for people.

use tracing_subscriber::EnvFilter;

/// Starts it.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second start, as in a test, changes nothing.
    let _ = if std::env::var("ROCHDALE_LOG").is_ok_and(|format| format == "text") {
        builder.try_init()
    } else {
        builder
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .try_init()
    };
}
