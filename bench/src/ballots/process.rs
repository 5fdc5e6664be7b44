//! The server as a process of its own, as it is run in service.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::fixture::World;

const START_TRIES_MAX: u32 = 300;

/// A running server.
pub struct Served {
    child: Child,
    address: SocketAddr,
}

impl Served {
    /// Starts it with these arguments on a free port and waits until it takes connections.
    pub async fn start(program: &Path, world: &World, arguments: &[&str]) -> anyhow::Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let config = world.configuration(address.port())?;
        Self::start_with(program, (address, &config), arguments).await
    }

    /// Starts it with a configuration that lets it listen at this address, and waits until it takes connections.
    pub async fn start_with(
        program: &Path,
        (address, config): (SocketAddr, &Path),
        arguments: &[&str],
    ) -> anyhow::Result<Self> {
        let child = Command::new(program)
            .arg("--config")
            .arg(config)
            .args(arguments)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| {
                format!(
                    "{} cannot be started; build it with cargo build --release",
                    program.display()
                )
            })?;
        for _ in 0..START_TRIES_MAX {
            if TcpStream::connect(address).await.is_ok() {
                return Ok(Self { child, address });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the server did not start")
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its number.
    pub fn process(&self) -> Option<u32> {
        self.child.id()
    }

    /// Its resident memory, in MiB.
    pub fn memory_mib(&self) -> anyhow::Result<u64> {
        let process = self.child.id().context("the server ended")?;
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        let kib: u64 = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|number| number.parse().ok())
            .context("no VmRSS")?;
        Ok(kib / 1024)
    }

    /// The largest resident memory that it had, in MiB.
    pub fn largest_memory_mib(&self) -> anyhow::Result<u64> {
        peak_mib(self.child.id().context("the server ended")?)
    }

    /// Processor time it has used so far.
    pub fn processor_time(&self) -> anyhow::Result<Duration> {
        processor_time(self.child.id().context("the server ended")?)
    }

    /// Stops it.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        Ok(())
    }
}

/// The largest resident memory of a process so far, as the kernel noted it.
pub fn peak_mib(process: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let kib: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .context("no VmHWM")?;
    Ok(kib / 1024)
}

/// The processor time of a process: user and system, fields 14 and 15 of its `stat`, in hundredths of a second.
pub fn processor_time(process: u32) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .context("a malformed stat")?
        .1
        .split_whitespace()
        .collect();
    let hundredths = |index: usize| {
        fields
            .get(index)
            .and_then(|field| field.parse::<u64>().ok())
            .context("a malformed stat")
    };
    Ok(Duration::from_millis((hundredths(11)? + hundredths(12)?) * 10))
}

/// The processor time of a process and its children.
pub fn processor_time_of_family(parent: u32) -> anyhow::Result<Duration> {
    let mut sum = processor_time(parent)?;
    for entry in std::fs::read_dir("/proc")? {
        let Some(process) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else {
            continue;
        };
        let is_child = stat
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok())
            .is_some_and(|found| found == parent);
        if is_child {
            sum += processor_time(process).unwrap_or_default();
        }
    }
    Ok(sum)
}
