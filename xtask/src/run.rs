//! Running other programs.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::place;
use crate::progress::{Step, say};

/// The most lines of a failed program's output that are printed; the rest is in its log.
const FAILURE_LINES_MAX: usize = 120;

/// What a program said and how it ended.
pub struct Outcome {
    /// Whether it ended with success.
    pub success: bool,
    /// Its standard output and standard error, as they came.
    pub text: String,
}

/// A program in the root of the repository.
pub fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(place::root());
    command
}

/// A script of an npm package, in its folder.
pub fn npm(folder: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command.args(arguments).current_dir(place::root().join(folder));
    command
}

/// Runs a program while the step shows its latest line; keeps all it says in a log as well.
pub fn capture(command: &mut Command, step: &Step, log: &Path) -> anyhow::Result<Outcome> {
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut log = File::options().create(true).append(true).open(log)?;
    let (reader, writer) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {name}; is it installed?"))?;
    // The command still holds the writing end, and reading would never come to an end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut text = String::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        step.show(&line);
        writeln!(log, "{line}")?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(Outcome {
        success: child.wait()?.success(),
        text,
    })
}

/// Runs a program as a step of its own and fails with its output.
pub fn step(name: &str, command: &mut Command) -> anyhow::Result<()> {
    let step = Step::begin(name);
    let log = place::target()
        .join("xtask/logs")
        .join(format!("{}.log", file_name(name)));
    let _ = std::fs::remove_file(&log);
    let outcome = capture(command, &step, &log)?;
    if outcome.success {
        step.end("ok", "");
        return Ok(());
    }
    step.end("FAIL", "");
    say(&tail(&outcome.text));
    bail!("{name} failed; its whole output is in {}", log.display())
}

/// The end of an output.
pub fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let left_out = lines.len().saturating_sub(FAILURE_LINES_MAX);
    lines.iter().skip(left_out).copied().collect::<Vec<_>>().join("\n")
}

/// A step's name as a file's.
pub fn file_name(name: &str) -> String {
    name.chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .collect()
}

/// Whether a program is there and answers to these arguments.
pub fn is_there(name: &str, arguments: &[&str]) -> bool {
    let status = Command::new(name)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// Runs a program with our own input and output, for commands that talk to the person.
pub fn hand_over(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .with_context(|| format!("cannot start {name}; is it installed?"))?;
    if status.success() {
        Ok(())
    } else {
        bail!("{name} ended with {status}")
    }
}
