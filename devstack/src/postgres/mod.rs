//! A private PostgreSQL.

mod binaries;
mod init;
mod layout;
mod probe;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

pub use binaries::{Binaries, MAJOR_MIN};
use layout::Layout;
pub use probe::{answers, is_there};

use crate::guard::{Guarded, POLL, Program, StopPlan, StopSignal, log_tail};
use crate::user::User;
use crate::{DevstackError, Port, npm};

/// How long a start may take, recovery after a crash included, and how long an earlier server may take to stop.
const START_SECONDS_MAX: u64 = 60;
/// How often another port is tried when a free one was taken by someone else in between.
const PORTS_TRIED_MAX: u32 = 5;

/// Whether commits survive a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As a server in service.
    Durable,
    /// Nothing is forced to disk, vacuum does not run, and what a crash left is thrown away: for tests alone.
    Volatile,
}

/// What to start.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// Where the state lies; made where it is missing.
    pub folder: PathBuf,
    /// Which port of 127.0.0.1.
    pub port: Port,
    /// Whether commits survive a crash.
    pub durability: Durability,
    /// Statements that are run once, when the cluster is made, as the superuser outside any transaction.
    pub first_statements: Vec<String>,
    /// The most connections at once.
    pub connections_max: u16,
    /// Which programs.
    pub binaries: Binaries,
}

impl PostgresOptions {
    /// A durable server on a free port.
    #[must_use]
    pub fn new(folder: &Path, binaries: Binaries) -> Self {
        Self {
            folder: folder.to_path_buf(),
            port: Port::Free,
            durability: Durability::Durable,
            first_statements: Vec::new(),
            connections_max: 100,
            binaries,
        }
    }
}

/// A running server; it stops when this value is dropped or this process ends.
#[derive(Debug)]
pub struct Postgres {
    server: Guarded,
    access: Access,
    /// Held as long as we live: a second start on the folder fails at once.
    _lock: File,
}

/// How to reach a server.
#[derive(Debug, Clone)]
struct Access {
    port: u16,
    password: String,
}

impl Access {
    fn url(&self, database: &str) -> String {
        format!(
            "postgres://postgres:{}@127.0.0.1:{}/{database}",
            self.password, self.port
        )
    }
}

impl Postgres {
    /// Makes the cluster where there is none, starts the server and waits until it takes connections.
    ///
    /// # Errors
    /// If the folder is in use, a fixed port is taken, or the server does not start.
    pub fn start(options: &PostgresOptions) -> Result<Self, DevstackError> {
        let layout = Layout::prepare(&options.folder)?;
        let lock = lock(&layout)?;
        let program = prepare(&layout, options)?;
        let (server, access) = start(&layout, options, &program, |program| {
            program.start_as(layout.user.as_ref())
        })?;
        Ok(Self {
            server,
            access,
            _lock: lock,
        })
    }

    /// The address for the superuser `postgres`.
    #[must_use]
    pub fn superuser_url(&self, database: &str) -> String {
        self.access.url(database)
    }

    /// The port of 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.access.port
    }

    /// The server's process id.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.server.process()
    }

    /// Whether it ended on its own.
    pub fn has_ended(&mut self) -> bool {
        self.server.ended().is_some()
    }

    /// Stops it in order: SIGINT, after 10 s SIGQUIT, never SIGKILL.
    ///
    /// # Errors
    /// If it runs on.
    pub fn stop(self) -> Result<(), DevstackError> {
        self.server.stop()
    }
}

/// Removes the cluster of a folder, where there is one.
///
/// # Errors
/// If a server that we started runs on it.
pub fn discard(folder: &Path) -> Result<(), DevstackError> {
    let layout = Layout::prepare(folder)?;
    let _lock = lock(&layout)?;
    if let Some(process) = layout.holder().filter(|process| is_alive(*process)) {
        return Err(DevstackError::InUse {
            folder: layout.folder,
            process: Some(process),
        });
    }
    match fs::remove_dir_all(&layout.data) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(DevstackError::io("remove", &layout.data)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Starts a server that outlives this process; it stops when the lease behind `reader` is held by nobody.
pub(crate) fn start_leased(
    options: &PostgresOptions,
    reader: &File,
    lease: &Path,
    idle_seconds: u64,
) -> Result<String, DevstackError> {
    let layout = Layout::prepare(&options.folder)?;
    let program = prepare(&layout, options)?;
    User::own_folder(layout.user.as_ref(), lease)?;
    let (_, access) = start(&layout, options, &program, |program| {
        let reader = reader.try_clone().map_err(DevstackError::io("share", lease))?;
        program
            .start_leased(layout.user.as_ref(), lease, reader, idle_seconds)
            .map(Leased)
    })?;
    Ok(access.url("postgres"))
}

/// A started program that can be seen to have ended.
trait Started {
    fn has_ended(&mut self) -> bool;
}

struct Leased(Child);

impl Started for Leased {
    fn has_ended(&mut self) -> bool {
        self.0.try_wait().ok().flatten().is_some()
    }
}

impl Started for Guarded {
    fn has_ended(&mut self) -> bool {
        self.ended().is_some()
    }
}

fn lock(layout: &Layout) -> Result<File, DevstackError> {
    let path = layout.folder.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(DevstackError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err(DevstackError::InUse {
            folder: layout.folder.clone(),
            process: layout.holder(),
        }),
    }
}

/// Makes the cluster where needed and says how to start it.
fn prepare(layout: &Layout, options: &PostgresOptions) -> Result<Program, DevstackError> {
    let mut options = options.clone();
    if let Some(user) = &layout.user
        && !user.can_reach(&options.binaries.folder)
    {
        options.binaries = npm::copy_within_reach(&options.binaries, &layout::elsewhere(&options.binaries.folder)?)?;
    }
    if options.durability == Durability::Volatile {
        discard_after_crash(layout)?;
    }
    if !layout.data.exists() {
        init::initialise(layout, &options.binaries, &options)?;
    }
    let mut program = Program::new(
        "postgres",
        &options.binaries.program("postgres"),
        Path::new("/"),
        &layout.log(),
    );
    program.environment = Some(environment(&layout.data));
    program.stop = StopPlan {
        first: StopSignal::Interrupt,
        second: StopSignal::Quit,
        patience_seconds: 10,
    };
    program.arguments = arguments(layout, &options);
    Ok(program)
}

/// A machine that went down may have lost what was never forced to disk, and a server that was killed may have left half of
/// it: such data is not worth the doubt.
fn discard_after_crash(layout: &Layout) -> Result<(), DevstackError> {
    let mark = layout.folder.join("boot");
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let other_boot = fs::read_to_string(&mark).unwrap_or_default() != boot;
    let crashed = layout.holder().is_some_and(|process| !is_alive(process));
    if layout.data.exists() && (other_boot || crashed) {
        fs::remove_dir_all(&layout.data).map_err(DevstackError::io("remove", &layout.data))?;
    }
    fs::write(&mark, boot).map_err(DevstackError::io("write", &mark))
}

fn is_alive(process: u32) -> bool {
    let id = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    // Refused means that it is there and another user's.
    id.is_some_and(|id| rustix::process::test_kill_process(id) != Err(rustix::io::Errno::SRCH))
}

/// The whole environment of the server's programs: nothing of ours may change what they do.
fn environment(home: &Path) -> Vec<(OsString, OsString)> {
    [
        ("PATH", OsStr::new("/usr/bin:/bin")),
        ("HOME", home.as_os_str()),
        ("LC_ALL", OsStr::new("C")),
        ("TZ", OsStr::new("UTC")),
    ]
    .map(|(name, value)| (OsString::from(name), value.to_owned()))
    .to_vec()
}

fn arguments(layout: &Layout, options: &PostgresOptions) -> Vec<OsString> {
    let mut settings = vec![
        String::from("listen_addresses=127.0.0.1"),
        String::from("unix_socket_directories="),
        String::from("logging_collector=off"),
        String::from("timezone=UTC"),
        String::from("log_timezone=UTC"),
        String::from("jit=off"),
        format!("max_connections={}", options.connections_max),
    ];
    if options.durability == Durability::Volatile {
        settings.extend(
            [
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "wal_level=minimal",
                "max_wal_senders=0",
                "max_wal_size=4GB",
                "checkpoint_timeout=1h",
                // Hundreds of databases live for seconds each: nothing in them is worth a worker's visit.
                "autovacuum=off",
            ]
            .map(String::from),
        );
    }
    let mut arguments = vec![OsString::from("-D"), layout.data.clone().into_os_string()];
    arguments.extend(
        settings
            .into_iter()
            .flat_map(|setting| [OsString::from("-c"), OsString::from(setting)]),
    );
    arguments
}

/// Starts it on a port and waits; tries again where the port was taken in between or an earlier server is still stopping.
fn start<S: Started>(
    layout: &Layout,
    options: &PostgresOptions,
    program: &Program,
    mut spawn: impl FnMut(&Program) -> Result<S, DevstackError>,
) -> Result<(S, Access), DevstackError> {
    let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
    let mut ports_tried = 0;
    loop {
        let port = options.port.choose()?;
        let program = program.clone().arguments(["-p", &port.to_string()]);
        let mut server = spawn(&program)?;
        if wait_for(&mut server, port, deadline, layout)? {
            return Ok((
                server,
                Access {
                    port,
                    password: layout.password()?,
                },
            ));
        }
        let tail = log_tail(&layout.log());
        // One that was killed leaves its lock file, and children that let go of its memory a moment later.
        let earlier_stops =
            tail.contains("\"postmaster.pid\" already exists") || tail.contains("pre-existing shared memory block");
        let port_taken = tail.contains("could not bind") || tail.contains("could not create any TCP/IP sockets");
        ports_tried += 1;
        match options.port {
            Port::Fixed(port) if port_taken => return Err(DevstackError::PortBusy(port)),
            Port::Free if port_taken && ports_tried < PORTS_TRIED_MAX => {}
            Port::Free | Port::Fixed(_) if earlier_stops && Instant::now() < deadline => std::thread::sleep(POLL * 10),
            Port::Free | Port::Fixed(_) if earlier_stops => {
                return Err(DevstackError::InUse {
                    folder: layout.folder.clone(),
                    process: layout.holder(),
                });
            }
            Port::Free | Port::Fixed(_) => {
                return Err(DevstackError::EndedEarly {
                    program: "postgres",
                    log: layout.log(),
                    tail,
                });
            }
        }
    }
}

/// True when it answers, false when it ended.
fn wait_for(server: &mut impl Started, port: u16, deadline: Instant, layout: &Layout) -> Result<bool, DevstackError> {
    loop {
        if answers(port) && !server.has_ended() {
            return Ok(true);
        }
        if server.has_ended() {
            return Ok(false);
        }
        if Instant::now() >= deadline {
            return Err(DevstackError::NoAnswer {
                program: "postgres",
                seconds: START_SECONDS_MAX,
                log: layout.log(),
            });
        }
        std::thread::sleep(POLL);
    }
}
