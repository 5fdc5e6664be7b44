//! What could not be tested here.

use std::io::Write as _;

/// Notes that a test could not run here, on standard error and in the file that `ROCHDALE_NOT_RUN` names. `cargo xtask test`
/// lists such notes last; with CI=true they are failures.
pub fn not_run(name: &str, reason: &str) {
    let line = format!("NOT RUN: {name}, {reason}\n");
    // A note nobody can read is no reason to fail a test.
    let _ = std::io::stderr().write_all(line.as_bytes());
    if let Some(path) = std::env::var_os("ROCHDALE_NOT_RUN") {
        // One write of one line: the processes of many tests append to this file.
        let file = std::fs::File::options().create(true).append(true).open(path);
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}
