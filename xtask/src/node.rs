//! The npm packages of contracts and portal.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::progress::say;
use crate::{place, run};

/// Whether a folder holds an npm package of ours.
pub fn has_package(folder: &str) -> bool {
    place::root().join(folder).join("package.json").exists()
}

/// Node.js that the portal's packages run on: of release 20 from .19 on, of release 22 from .12 on, and any later one.
const MINORS_MIN: [(u32, u32); 2] = [(20, 19), (22, 12)];

/// The command that brings `node_modules` to what the lock file says; `None` where it is so already.
pub fn install(folder: &str) -> anyhow::Result<Option<Command>> {
    let package = place::root().join(folder);
    if fs::read_to_string(stamp(&package)).is_ok_and(|text| lock_hash(&package).is_ok_and(|hash| text == hash)) {
        return Ok(None);
    }
    lock_hash(&package)?;
    require_node()?;
    Ok(Some(run::npm(folder, &["ci", "--no-audit", "--no-fund"])))
}

/// Notes that the packages of the present lock file are installed.
pub fn installed(folder: &str) -> anyhow::Result<()> {
    let package = place::root().join(folder);
    fs::write(stamp(&package), lock_hash(&package)?).with_context(|| format!("cannot write into {folder}/node_modules"))
}

/// Installs as a step of its own, where needed.
pub fn install_step(folder: &str) -> anyhow::Result<()> {
    if let Some(mut command) = install(folder)? {
        run::step(&format!("npm ci in {folder}"), &mut command)?;
        installed(folder)?;
    }
    Ok(())
}

/// What rustc calls the machine that a page is.
const PAGE: &str = "wasm32-wasip1";

/// What is missing to build the auditor's program for a page; the portal is whole without it, and says that it is not there.
pub fn lacks_for_page() -> Option<&'static str> {
    let libraries = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", PAGE])
        .output();
    let is_there = libraries.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir());
    if !is_there {
        return Some("rustc cannot build for a page: rustup target add wasm32-wasip1");
    }
    (!run::is_there("clang", &["--version"]))
        .then_some("clang is not installed, which compiles the C of secp256k1 for a page")
}

/// Builds the auditor's program for the page that verifies bundles, beside the sources of the page.
pub fn auditor_for_page() -> anyhow::Result<()> {
    let arguments = [
        "build",
        "--locked",
        "--target",
        PAGE,
        "--profile",
        "page",
        "-p",
        "audit",
        "--bins",
    ];
    run::step(
        "the auditor's program for the page",
        &mut run::program("cargo", &arguments),
    )?;
    let built = place::target().join(PAGE).join("page/rochdale-audit.wasm");
    let beside = place::root().join("portal/src/lib/audit/rochdale-audit.wasm");
    fs::copy(&built, &beside).with_context(|| format!("cannot copy {} to {}", built.display(), beside.display()))?;
    Ok(())
}

/// Whether the program that is delivered holds the portal as it was built last. Its page names each script by what is in it.
pub fn program_holds_portal() -> anyhow::Result<()> {
    let page = fs::read(place::root().join("portal/dist/index.html")).context("the portal is not built")?;
    let program = fs::read(place::target().join("release/rochdale"))?;
    if program.windows(page.len()).any(|bytes| bytes == page) {
        return Ok(());
    }
    bail!("target/release/rochdale does not hold portal/dist")
}

/// Builds the portal where its sources changed since the last build.
pub fn build_portal() -> anyhow::Result<()> {
    install_step("portal")?;
    match lacks_for_page() {
        None => auditor_for_page()?,
        Some(reason) => say(&format!(
            "The page that verifies bundles comes without the auditor's program: {reason}"
        )),
    }
    let folder = place::root().join("portal");
    let mut hasher = DefaultHasher::new();
    for name in [
        "src",
        "public",
        "index.html",
        "package-lock.json",
        "vite.config.ts",
        "svelte.config.js",
        "tsconfig.json",
    ] {
        hash_files(&folder.join(name), &mut hasher)?;
    }
    let sources = format!("{:016x}", hasher.finish());
    let mark = place::target().join("xtask/portal-sources");
    if folder.join("dist/index.html").exists() && fs::read_to_string(&mark).is_ok_and(|text| text == sources) {
        return Ok(());
    }
    run::step("portal build", &mut run::npm("portal", &["run", "build"]))?;
    fs::create_dir_all(place::target().join("xtask"))?;
    fs::write(mark, sources)?;
    Ok(())
}

/// Says what is missing before npm says it in its own way.
fn require_node() -> anyhow::Result<()> {
    let output = Command::new("node").arg("--version").output();
    let output = output.context("cannot start node; install Node.js 20.19 or newer, or 22.12 or newer")?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !is_new_enough(&version) {
        bail!("this is Node.js {version}; Rochdale needs 20.19 or newer, or 22.12 or newer");
    }
    Ok(())
}

/// Whether a version as node says it, such as v20.19.4, is one that we run on.
fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        return false;
    };
    let of_release = MINORS_MIN.iter().find(|(release, _)| *release == major);
    of_release.map_or(major > MINORS_MIN[1].0, |(_, minor_min)| minor >= *minor_min)
}

/// Lies inside, so that whoever deletes the folder deletes it too.
fn stamp(package: &Path) -> std::path::PathBuf {
    package.join("node_modules/.xtask-lock-hash")
}

fn lock_hash(package: &Path) -> anyhow::Result<String> {
    let path = package.join("package-lock.json");
    let lock = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut hasher = DefaultHasher::new();
    lock.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

fn hash_files(path: &Path, hasher: &mut DefaultHasher) -> anyhow::Result<()> {
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        entries.sort();
        for entry in entries {
            hash_files(&entry, hasher)?;
        }
    } else if let Ok(content) = fs::read(path) {
        path.hash(hasher);
        content.hash(hasher);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_is_of_a_release_that_the_packages_run_on() {
        let cases = [
            ("v18.20.4", false),
            ("v20.18.3", false),
            ("v20.19.0", true),
            ("v20.20.2", true),
            ("v21.7.3", false),
            ("v22.11.0", false),
            ("v22.12.0", true),
            ("v24.0.1", true),
            ("", false),
            ("node", false),
        ];
        for (version, is_enough) in cases {
            assert_eq!(is_new_enough(version), is_enough, "{version}");
        }
    }
}
