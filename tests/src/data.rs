//! What lies beside the repository, and what could not be run for want of it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The root of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .expect("the repository is where it was built")
}

/// The folder of real elections, traces and vectors: `ROCHDALE_DATA`, else `shared/data` beside the repository. `None`, with
/// a line for the list of what was not run, where it is missing: then the test that asked returns.
#[must_use]
pub fn shared_data(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("ROCHDALE_DATA").map_or_else(|| repository().join("../shared/data"), PathBuf::from);
    if folder.join("INDEX.md").exists() {
        return Some(folder);
    }
    not_run(
        test,
        "the folder shared/data beside the repository is missing; name it in ROCHDALE_DATA",
    );
    None
}

/// Notes that a test could not run here. `cargo xtask test` lists such notes last; with CI=true they are failures.
pub fn not_run(name: &str, reason: &str) {
    let line = format!("NOT RUN: {name}, {reason}\n");
    eprint!("{line}");
    if let Some(path) = std::env::var_os("ROCHDALE_NOT_RUN") {
        // One write of one line: the processes of many tests append to this file.
        let file = std::fs::File::options().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .expect("the note can be kept");
    }
}
