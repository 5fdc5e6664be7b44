//! Children that do not outlive us.
//!
//! A child must stop in an orderly way when the program that started it ends, even when that program is killed and can do
//! nothing more. Linux's parent-death signal would need unsafe code between fork and exec, follows the thread and not the
//! process, and exists nowhere else. Instead a few lines of POSIX shell fork a watcher, which waits for the end of a pipe
//! whose other end only we hold, and then become the child: `exec`, so that our child's process id is the server's own and
//! nothing can happen between the start of one and of the other. The kernel closes our end when we end, whatever the cause;
//! the watcher reads that end and signals the child. When we stop the child ourselves we say so in the pipe first, and
//! the watcher leaves.
//!
//! The child has a process group of its own: Ctrl-C in a terminal reaches us alone, and we decide what stops and in which
//! order.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::DevstackError;
use crate::user::User;

/// How often a condition is looked at again while waiting.
pub(crate) const POLL: Duration = Duration::from_millis(10);

/// The watcher, then the program. Arguments: first signal, second signal, seconds between them, idle seconds, the folder of
/// the lease (empty for a pipe), the program and its arguments. Standard input is the lifeline.
///
/// A line in a pipe means that the child was stopped in order. A line in a lease means that one more user has come; the end
/// of file means that none is left, now: more may come until the mark `ready` is gone. Who wants to use the server opens
/// the lease, writes a line, and only then looks for the mark. Where a start was tried again, the watcher of the earlier try
/// sees that its server is gone and leaves.
const SCRIPT: &str = r#"
first=$1 second=$2 seconds=$3 idle_max=$4 lease=$5
shift 5
exec 3<&0
( (
    exec >/dev/null 2>&1
    cd /
    if [ -z "$lease" ]; then
        if read -r farewell <&3; then exit 0; fi
    else
        idle=0
        while :; do
            if read -r arrival <&3; then idle=0; kill -s 0 $$ || exit 0; continue; fi
            if [ "$idle" -lt "$idle_max" ]; then idle=$((idle + 1)); sleep 1; continue; fi
            kill -s 0 $$ || exit 0
            mv "$lease/ready" "$lease/closing"
            if read -r arrival <&3; then mv "$lease/closing" "$lease/ready"; idle=0; continue; fi
            break
        done
    fi
    exec 3<&-
    if [ -n "$lease" ]; then rm -f "$lease/pipe" "$lease/closing"; rmdir "$lease"; fi
    kill -s "$first" $$ || exit 0
    while [ "$seconds" -gt 0 ] && kill -s 0 $$; do sleep 1; seconds=$((seconds - 1)); done
    kill -s "$second" $$
) & )
exec 3<&-
exec "$@" </dev/null
"#;

/// How a program is asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopPlan {
    /// What is sent first.
    pub first: StopSignal,
    /// What is sent when the first did not help.
    pub second: StopSignal,
    /// Seconds between the two, and after the second.
    pub patience_seconds: u64,
}

/// The signals a stop may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// SIGINT: PostgreSQL's fast shutdown.
    Interrupt,
    /// SIGTERM: the usual wish to stop.
    Terminate,
    /// SIGQUIT: PostgreSQL's immediate shutdown, without a checkpoint.
    Quit,
    /// SIGKILL: never for PostgreSQL.
    Kill,
}

impl StopSignal {
    fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "INT",
            Self::Terminate => "TERM",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
        }
    }

    fn signal(self) -> Signal {
        match self {
            Self::Interrupt => Signal::INT,
            Self::Terminate => Signal::TERM,
            Self::Quit => Signal::QUIT,
            Self::Kill => Signal::KILL,
        }
    }
}

/// A program to start under guard.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its name in messages.
    pub name: &'static str,
    /// The file to execute.
    pub file: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its whole environment where given; else it inherits ours.
    pub environment: Option<Vec<(OsString, OsString)>>,
    /// Its working folder.
    pub folder: PathBuf,
    /// Where its output goes; an earlier log is kept beside it with the ending `.1`.
    pub log: PathBuf,
    /// Whether an earlier log is gone on with instead.
    pub continues_log: bool,
    /// How to stop it.
    pub stop: StopPlan,
}

impl Program {
    /// A program with an inherited environment that is stopped with SIGTERM, then SIGKILL after 10 s.
    #[must_use]
    pub fn new(name: &'static str, file: &Path, folder: &Path, log: &Path) -> Self {
        Self {
            name,
            file: file.to_path_buf(),
            arguments: Vec::new(),
            environment: None,
            folder: folder.to_path_buf(),
            log: log.to_path_buf(),
            continues_log: false,
            stop: StopPlan {
                first: StopSignal::Terminate,
                second: StopSignal::Kill,
                patience_seconds: 10,
            },
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn arguments<T: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.arguments
            .extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Starts it; it stops when the value is dropped or this process ends.
    ///
    /// # Errors
    /// If the log cannot be written or the shell cannot be started.
    pub fn start(&self) -> Result<Guarded, DevstackError> {
        self.start_as(None)
    }

    pub(crate) fn start_as(&self, user: Option<&User>) -> Result<Guarded, DevstackError> {
        let mut child = self.spawn(user, Lifeline::Pipe)?;
        let lifeline = child.stdin.take();
        Ok(Guarded {
            child,
            lifeline,
            stop: self.stop,
            stopped: false,
        })
    }

    /// Starts it so that it lives until nobody holds the lease.
    pub(crate) fn start_leased(
        &self,
        user: Option<&User>,
        lease: &Path,
        reader: File,
        idle_seconds: u64,
    ) -> Result<Child, DevstackError> {
        self.spawn(
            user,
            Lifeline::Lease {
                folder: lease,
                reader,
                idle_seconds,
            },
        )
    }

    fn spawn(&self, user: Option<&User>, lifeline: Lifeline<'_>) -> Result<Child, DevstackError> {
        let log = open_log(&self.log, self.continues_log)?;
        let errors = log.try_clone().map_err(DevstackError::io("write", &self.log))?;
        let (stdin, lease, idle_seconds) = match lifeline {
            Lifeline::Pipe => (Stdio::piped(), OsStr::new(""), 0),
            Lifeline::Lease {
                folder,
                reader,
                idle_seconds,
            } => (Stdio::from(reader), folder.as_os_str(), idle_seconds),
        };
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SCRIPT, "guard", self.stop.first.name(), self.stop.second.name()])
            .args([self.stop.patience_seconds.to_string(), idle_seconds.to_string()])
            .arg(lease)
            .arg(&self.file)
            .args(&self.arguments)
            .current_dir(&self.folder)
            .process_group(0)
            .stdin(stdin)
            .stdout(log)
            .stderr(errors);
        if let Some(environment) = &self.environment {
            command
                .env_clear()
                .envs(environment.iter().map(|(name, value)| (name, value)));
        }
        if let Some(user) = user {
            // The standard library drops root's other groups first, then the group, then the user.
            command.gid(user.group).uid(user.id);
        }
        command.spawn().map_err(DevstackError::io("start", &self.file))
    }
}

enum Lifeline<'a> {
    Pipe,
    Lease {
        folder: &'a Path,
        reader: File,
        idle_seconds: u64,
    },
}

/// A running program that stops when this value is dropped or this process ends.
#[derive(Debug)]
pub struct Guarded {
    child: Child,
    lifeline: Option<ChildStdin>,
    stop: StopPlan,
    stopped: bool,
}

impl Guarded {
    /// The process id of the program itself.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().ok().flatten();
        if status.is_some() {
            self.dismiss_watcher();
            self.stopped = true;
        }
        status
    }

    /// Stops it in order and waits until it has ended.
    ///
    /// # Errors
    /// If it runs on after both signals.
    pub fn stop(mut self) -> Result<(), DevstackError> {
        self.stop_now()
    }

    /// Kills it as a crash would (SIGKILL) and waits until it has ended.
    ///
    /// # Errors
    /// If it runs on.
    pub fn kill(mut self) -> Result<(), DevstackError> {
        self.stop.first = StopSignal::Kill;
        self.stop.second = StopSignal::Kill;
        self.stop_now()
    }

    fn stop_now(&mut self) -> Result<(), DevstackError> {
        for signal in [self.stop.first, self.stop.second] {
            if self.stopped || self.ended().is_some() {
                return Ok(());
            }
            send(self.child.id(), signal);
            let deadline = Instant::now() + Duration::from_secs(self.stop.patience_seconds);
            while Instant::now() < deadline {
                if self.ended().is_some() {
                    return Ok(());
                }
                std::thread::sleep(POLL);
            }
        }
        Err(DevstackError::StillRuns {
            process: self.child.id(),
            seconds: self.stop.patience_seconds * 2,
        })
    }

    fn dismiss_watcher(&mut self) {
        if let Some(mut lifeline) = self.lifeline.take() {
            // A watcher that is gone needs no farewell.
            let _ = lifeline.write_all(b"farewell\n");
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // Nothing can be told from here; the watcher goes on trying when our end of the pipe closes.
        let _ = self.stop_now();
    }
}

/// Sends a signal to a process that may be gone already.
pub(crate) fn send(process: u32, signal: StopSignal) {
    if let Some(id) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        let _ = kill_process(id, signal.signal());
    }
}

/// Opens a log, an empty one with the earlier one kept beside it where that is not gone on with.
fn open_log(path: &Path, continues: bool) -> Result<File, DevstackError> {
    if path.exists() && !continues {
        let mut earlier = path.as_os_str().to_owned();
        earlier.push(".1");
        std::fs::rename(path, earlier).map_err(DevstackError::io("set aside", path))?;
    }
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .map_err(DevstackError::io("write", path))
}

/// The last lines of a log, for a message.
pub(crate) fn log_tail(path: &Path) -> String {
    const LINES_MAX: usize = 12;
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES_MAX)..].join("\n")
}
