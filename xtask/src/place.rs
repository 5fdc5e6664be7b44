//! Where things are.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// What cargo builds into, as it was told by whoever called us.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// State of programs that run on this machine; git ignores it.
pub fn local() -> PathBuf {
    root().join(".local")
}

/// Where npm packages are put that stand in for missing system programs.
pub fn local_npm() -> PathBuf {
    local().join("npm")
}
