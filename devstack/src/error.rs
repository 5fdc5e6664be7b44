//! What can go wrong while starting or stopping a program.

use std::io;
use std::path::{Path, PathBuf};

/// Why a program could not be found, started or stopped. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum DevstackError {
    /// A file or folder could not be used.
    #[error("cannot {what} {}", path.display())]
    Io {
        /// What was attempted.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A program is not installed where it was looked for.
    #[error("{program} was not found (looked in {looked_in}); {advice}")]
    NotFound {
        /// Its name.
        program: &'static str,
        /// The places.
        looked_in: String,
        /// How to get it.
        advice: &'static str,
    },
    /// A fixed port is taken.
    #[error("port {0} of 127.0.0.1 is in use by another program; stop that program or choose another port")]
    PortBusy(u16),
    /// The state folder belongs to a server that runs.
    #[error("{} is in use by a running server{}; stop it first", folder.display(), of_process(*.process))]
    InUse {
        /// The state folder.
        folder: PathBuf,
        /// Process id of the holder, where known.
        process: Option<u32>,
    },
    /// The program ended before it answered.
    #[error("{program} ended before it answered; the end of its log {}:\n{tail}", log.display())]
    EndedEarly {
        /// Its name.
        program: &'static str,
        /// Its log.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
    /// The program runs and does not answer.
    #[error("{program} did not answer within {seconds} s; see {}", log.display())]
    NoAnswer {
        /// Its name.
        program: &'static str,
        /// How long was waited.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },
    /// A helper program failed.
    #[error("{program} failed: {output}")]
    Failed {
        /// Its name.
        program: String,
        /// What it said.
        output: String,
    },
    /// The program was asked to stop and runs on. It is never killed: that could lose what it has not written.
    #[error("process {process} was asked to stop and still runs after {seconds} s")]
    StillRuns {
        /// Its process id.
        process: u32,
        /// How long was waited.
        seconds: u64,
    },
    /// Root has no ordinary user to run the server as.
    #[error(
        "PostgreSQL refuses to run as root and there is no user postgres or nobody to run it as; run this as an ordinary user"
    )]
    NoOrdinaryUser,
}

impl DevstackError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { what, path, source }
    }
}

fn of_process(process: Option<u32>) -> String {
    process.map(|id| format!(" (process {id})")).unwrap_or_default()
}
