//! Making a new cluster.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::binaries::Binaries;
use super::layout::Layout;
use super::{Durability, PostgresOptions};
use crate::files::write_secret;
use crate::user::User;
use crate::{DevstackError, random};

/// Passwords over loopback and nothing else: no socket, no replication, no trust.
const ACCESS: &str = "# Written by devstack.\nhost all all 127.0.0.1/32 scram-sha-256\n";

/// Makes the cluster in a folder of its own and renames it when it is whole, so that half a cluster is never started.
pub(super) fn initialise(layout: &Layout, binaries: &Binaries, options: &PostgresOptions) -> Result<(), DevstackError> {
    let fresh = layout.unfinished();
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(DevstackError::io("remove", &fresh))?;
    }
    User::own_folder(layout.user.as_ref(), &fresh)?;
    let password = random::random_secret()?;
    run_initdb(layout, binaries, options, &password)?;
    let access = fresh.join("pg_hba.conf");
    fs::write(&access, ACCESS).map_err(DevstackError::io("write", &access))?;
    run_first_statements(layout, binaries, &options.first_statements)?;
    layout.keep_password(&password)?;
    fs::rename(&fresh, &layout.data).map_err(DevstackError::io("finish", &layout.data))
}

fn run_initdb(
    layout: &Layout,
    binaries: &Binaries,
    options: &PostgresOptions,
    password: &str,
) -> Result<(), DevstackError> {
    // The password cannot come through a pipe: the server's user may not open ours again by name.
    let password_file = layout.data.with_extension("password");
    write_secret(&password_file, password)?;
    User::own(layout.user.as_ref(), &password_file)?;
    let mut command = command(layout, &binaries.program("initdb"));
    command
        .args([
            "--username=postgres",
            "--encoding=UTF8",
            "--auth=scram-sha-256",
            "--no-instructions",
        ])
        .arg(option("--pwfile=", &password_file))
        .arg(option("--pgdata=", &layout.unfinished()))
        // The builtin provider sorts alike everywhere; before it existed, C does.
        .args(if binaries.major >= 17 {
            &["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"][..]
        } else {
            &["--no-locale"][..]
        })
        .arg(match options.durability {
            Durability::Durable => "--data-checksums",
            Durability::Volatile => "--no-sync",
        });
    let result = run(command, "initdb", "");
    let _ = fs::remove_file(&password_file);
    result
}

/// Runs statements in single-user mode, before anybody can connect.
fn run_first_statements(layout: &Layout, binaries: &Binaries, statements: &[String]) -> Result<(), DevstackError> {
    if statements.is_empty() {
        return Ok(());
    }
    // There a line is a statement.
    let input: String = statements
        .iter()
        .map(|statement| format!("{}\n", statement.replace('\n', " ")))
        .collect();
    let mut command = command(layout, &binaries.program("postgres"));
    command
        .arg("--single")
        .arg("-D")
        .arg(layout.unfinished())
        .args(["-c", "exit_on_error=on", "postgres"]);
    run(command, "postgres --single", &input)
}

fn option(name: &str, path: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(path);
    option
}

fn command(layout: &Layout, program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(super::environment(&layout.data))
        .current_dir("/");
    if let Some(user) = &layout.user {
        command.gid(user.group).uid(user.id);
    }
    command
}

fn run(mut command: Command, name: &'static str, input: &str) -> Result<(), DevstackError> {
    let failed = |output: String| DevstackError::Failed {
        program: String::from(name),
        output,
    };
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that ended already says why in its output.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )))
}
