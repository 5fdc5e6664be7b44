//! One server for many processes that know nothing of each other, such as the tests of one run.
//!
//! Whoever comes first starts it. Each user holds a named pipe open for writing; the watcher beside the server (see
//! [`crate::guard`]) reads it, so the kernel itself tells when the last user has gone, however it went. The server then stays
//! for a few idle seconds and stops.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use crate::files::write_secret;
use crate::postgres::start_leased;
use crate::{DevstackError, PostgresOptions, postgres, random};

/// How long a user waits for a server that is about to stop or to start.
const WAIT_SECONDS_MAX: u64 = 90;

/// A server that others may use too; it stays while any such value lives, in any process.
#[derive(Debug)]
pub struct SharedPostgres {
    url: String,
    _lease: File,
}

impl SharedPostgres {
    /// Takes part in the server of `options.folder`, or starts it. `prepare` gets the superuser's address and is run by the
    /// one who started it, before anybody else may use it.
    ///
    /// # Errors
    /// If it cannot be started, or `prepare` fails.
    pub fn join<E: From<DevstackError>>(
        options: &PostgresOptions,
        idle_seconds: u64,
        prepare: impl FnOnce(&str) -> Result<(), E>,
    ) -> Result<Self, E> {
        fs::create_dir_all(&options.folder).map_err(DevstackError::io("make", &options.folder))?;
        let path = options.folder.join("start.lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(DevstackError::io("open", &path))?;
        // One at a time decides whether there is a server.
        lock.lock().map_err(DevstackError::io("lock", &path))?;
        if let Some(shared) = join_running(&options.folder)? {
            return Ok(shared);
        }
        start(options, idle_seconds, prepare)
    }

    /// The superuser's address, with the database `postgres`.
    #[must_use]
    pub fn superuser_url(&self) -> &str {
        &self.url
    }
}

/// The lease that the latest start left, with its address, if its server still answers.
fn join_running(folder: &Path) -> Result<Option<SharedPostgres>, DevstackError> {
    let deadline = Instant::now() + Duration::from_secs(WAIT_SECONDS_MAX);
    let Ok(lease_folder) = fs::read_to_string(folder.join("current")).map(PathBuf::from) else {
        return Ok(None);
    };
    while Instant::now() < deadline {
        let Some(lease) = take(&lease_folder) else {
            return Ok(None);
        };
        let Ok(url) = fs::read_to_string(lease_folder.join("ready")) else {
            if !lease_folder.join("closing").exists() {
                return Ok(None);
            }
            // The watcher is making up its mind: either the mark comes back, or the pipe loses its reader.
            drop(lease);
            std::thread::sleep(Duration::from_millis(50));
            continue;
        };
        let running = port_of(&url).is_some_and(postgres::is_there);
        return Ok(running.then_some(SharedPostgres { url, _lease: lease }));
    }
    Ok(None)
}

/// Opens the lease and announces it; `None` where no watcher reads it.
fn take(lease_folder: &Path) -> Option<File> {
    let non_blocking = i32::try_from(OFlags::NONBLOCK.bits()).ok()?;
    let mut lease = File::options()
        .write(true)
        .custom_flags(non_blocking)
        .open(lease_folder.join("pipe"))
        .ok()?;
    lease.write_all(b"arrival\n").ok()?;
    Some(lease)
}

fn start<E: From<DevstackError>>(
    options: &PostgresOptions,
    idle_seconds: u64,
    prepare: impl FnOnce(&str) -> Result<(), E>,
) -> Result<SharedPostgres, E> {
    let lease_folder = lease_folder()?;
    let pipe = lease_folder.join("pipe");
    make_pipe(&pipe)?;
    // Open for reading and writing first: then the next opening need not wait for another side.
    let lease = File::options()
        .read(true)
        .write(true)
        .open(&pipe)
        .map_err(DevstackError::io("open", &pipe))?;
    let reader = File::open(&pipe).map_err(DevstackError::io("open", &pipe))?;
    let url = start_leased(options, &reader, &lease_folder, idle_seconds)?;
    drop(reader);
    prepare(&url)?;
    let current = options.folder.join("current");
    if let Ok(earlier) = fs::read_to_string(&current) {
        let _ = fs::remove_dir_all(earlier);
    }
    write_secret(&lease_folder.join("ready"), &url)?;
    fs::write(&current, lease_folder.as_os_str().as_encoded_bytes()).map_err(DevstackError::io("write", &current))?;
    Ok(SharedPostgres { url, _lease: lease })
}

/// In the system's folder for temporary files: the watcher, who may be another user, must reach it.
fn lease_folder() -> Result<PathBuf, DevstackError> {
    let folder = std::env::temp_dir().join(format!("rochdale-lease-{}", random::random_secret()?));
    fs::create_dir(&folder).map_err(DevstackError::io("make", &folder))?;
    Ok(folder)
}

fn make_pipe(path: &Path) -> Result<(), DevstackError> {
    let failed = |output: String| DevstackError::Failed {
        program: String::from("mkfifo"),
        output,
    };
    let output = Command::new("mkfifo")
        .args(["-m", "600"])
        .arg(path)
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

fn port_of(url: &str) -> Option<u16> {
    url.rsplit_once(':')?.1.split('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_an_address() {
        let cases = [
            ("postgres://postgres:secret@127.0.0.1:5433/postgres", Some(5433)),
            ("postgres://127.0.0.1/postgres", None),
            ("", None),
        ];
        for (url, expected) in cases {
            assert_eq!(port_of(url), expected, "{url}");
        }
    }
}
