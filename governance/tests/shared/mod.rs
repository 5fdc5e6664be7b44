//! What tests of data outside this repository share: where it lies, and how to say that it is absent.

#![allow(
    dead_code,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "each test uses its part, and fails by panicking"
)]

use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder of shared data: `ROCHDALE_DATA`, else beside the workspace.
pub fn data() -> PathBuf {
    std::env::var_os("ROCHDALE_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    )
}

/// A file or folder of the shared data; where it is absent, that is noted for the test `name`.
pub fn find(name: &str, path: &str) -> Option<PathBuf> {
    let found = data().join(path);
    if found.exists() {
        return Some(found);
    }
    not_run(name, &format!("{} is absent", found.display()));
    None
}

/// Notes on standard error, and in the file that `ROCHDALE_NOT_RUN` names, that a test could not run here.
pub fn not_run(name: &str, reason: &str) {
    let line = format!("NOT RUN: {name}, {reason}\n");
    // Written so, it is seen although the test harness keeps what passing tests print.
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    if let Some(path) = std::env::var_os("ROCHDALE_NOT_RUN") {
        let file = std::fs::File::options().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes())).unwrap();
    }
}

/// The files of a folder whose name ends so, in order.
pub fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = all
        .filter(|path| path.file_name().unwrap().to_str().unwrap().ends_with(end))
        .collect();
    files.sort();
    files
}

/// The JSON of a file.
pub fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}
