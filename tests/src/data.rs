//! What lies beside the repository, and what could not be run for want of it.

use std::path::{Path, PathBuf};

pub use devstack::not_run;

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
