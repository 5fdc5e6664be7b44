//! What the tests here share.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use devstack::postgres::{Binaries, Durability};
use devstack::{AnvilOptions, PostgresOptions};
use tokio_postgres::NoTls;

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

pub fn options(folder: &Path) -> PostgresOptions {
    let binaries = Binaries::find(&repository().join(".local/npm")).unwrap();
    PostgresOptions::new(folder, binaries)
}

pub fn volatile(folder: &Path) -> PostgresOptions {
    let mut options = options(folder);
    options.durability = Durability::Volatile;
    options
}

/// `None`, with a note, where it is not installed.
pub fn anvil_program(test: &str) -> Option<PathBuf> {
    let program = AnvilOptions::find_program(&[&repository().join("contracts"), &repository().join(".local/npm")]).ok();
    if program.is_none() {
        devstack::not_run(test, "anvil is missing; run `npm ci` in contracts/");
    }
    program
}

/// A folder that every user may enter.
pub fn open_folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Runs statements; returns the first column of the last answer.
pub fn ask(url: &str, statement: &str) -> Result<Option<String>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        let mut last = None;
        for message in client.simple_query(statement).await? {
            if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
                last = row.get(0).map(String::from);
            }
        }
        Ok(last)
    })
}

/// The program `devstack`, holding a server until it is killed.
pub struct Holder {
    pub child: Child,
    /// The server's process.
    pub process: u32,
    pub address: String,
}

impl Holder {
    pub fn start(arguments: &[&Path]) -> Self {
        Self::start_program(Path::new(env!("CARGO_BIN_EXE_devstack")), arguments, None)
    }

    pub fn start_program(program: &Path, arguments: &[&Path], user: Option<u32>) -> Self {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let (process, address) = line.trim().split_once(' ').expect("it says where the server is");
        Self {
            process: process.parse().unwrap(),
            address: address.to_owned(),
            child,
        }
    }

    /// Kills it in a way it cannot notice.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until a process has ended; one that nobody has asked after yet counts as ended.
pub fn ends_within(process: u32, seconds: u64) -> bool {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < deadline {
        let output = Command::new("ps")
            .args(["-o", "stat=", "-p", &process.to_string()])
            .output()
            .unwrap();
        let state = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if state.is_empty() || state.starts_with('Z') {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

pub fn kill_hard(process: u32) {
    assert!(
        Command::new("kill")
            .args(["-KILL", &process.to_string()])
            .status()
            .unwrap()
            .success()
    );
}
