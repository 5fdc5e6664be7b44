//! What stands in front of the model besides us, and the model, each as a process of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::net::TcpStream;
use tokio::process::Command;

use super::Target;

/// How often a port is tried while a process begins, twenty times a second; LiteLLM takes most of a minute.
const TRIES_MAX: u32 = 2_400;

/// A process that listens, with a group of its own. It and the workers it started end with the value.
pub struct Child {
    /// Where it listens.
    pub address: SocketAddr,
    child: tokio::process::Child,
}

/// An address that is free.
pub fn free() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

impl Child {
    async fn start(mut command: Command, address: SocketAddr) -> anyhow::Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .process_group(0)
            .spawn()?;
        let mut started = Self { address, child };
        for _ in 0..TRIES_MAX {
            if TcpStream::connect(address).await.is_ok() {
                return Ok(started);
            }
            if let Some(status) = started.child.try_wait()? {
                bail!("{:?} ended at once: {status}", command.as_std().get_program());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("nothing listens at {address}")
    }

    /// The model: this program again.
    pub async fn model() -> anyhow::Result<Self> {
        let address = free()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["gateway-model", "--port", &address.port().to_string()]);
        Self::start(command, address).await
    }

    /// nginx as a plain proxy with connections that are kept; nothing where it is not installed.
    pub async fn nginx(folder: &Path, model: SocketAddr) -> anyhow::Result<Option<Self>> {
        let there = Command::new("nginx").arg("-v").stderr(Stdio::null()).status().await;
        if there.is_err() {
            return Ok(None);
        }
        let (address, folder) = (free()?, folder.join("nginx"));
        std::fs::create_dir_all(&folder)?;
        let config = format!(
            "daemon off; worker_processes 2; pid {0}/pid; error_log {0}/error.log crit; events {{ worker_connections 4096; }}\n\
             http {{ access_log off; client_body_temp_path {0}/body; proxy_temp_path {0}/proxy; fastcgi_temp_path {0}/fastcgi;\n\
             uwsgi_temp_path {0}/uwsgi; scgi_temp_path {0}/scgi; upstream model {{ server {model}; keepalive 256; }}\n\
             server {{ listen {address}; location / {{ proxy_pass http://model; proxy_http_version 1.1;\n\
             proxy_set_header Connection \"\"; proxy_buffering off; keepalive_requests 1000000; }} }} }}\n",
            folder.display()
        );
        std::fs::write(folder.join("nginx.conf"), config)?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&folder).arg("-c").arg(folder.join("nginx.conf"));
        Ok(Some(Self::start(command, address).await?))
    }

    /// LiteLLM with one model, one key and no database: its own keys and budgets need an engine that is fetched from elsewhere.
    pub async fn litellm(program: &Path, folder: &Path, model: SocketAddr, key: &str) -> anyhow::Result<Self> {
        let (address, config) = (free()?, folder.join("litellm.yaml"));
        let text = format!(
            "model_list:\n  - model_name: free\n    litellm_params:\n      model: openai/m\n      api_base: http://{model}/v1\n      api_key: none\n"
        );
        std::fs::write(&config, text)?;
        let mut command = Command::new(program);
        command.args([
            "--host",
            "127.0.0.1",
            "--port",
            &address.port().to_string(),
            "--num_workers",
            "2",
            "--config",
        ]);
        command.arg(&config).env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
        // It begins without a key of its own only where it is told to be careless.
        command.env("LITELLM_MASTER_KEY", key);
        Self::start(command, address).await
    }

    /// Its number.
    pub fn process(&self) -> anyhow::Result<u32> {
        self.child.id().context("it has ended")
    }

    /// It, as something to ask.
    pub fn target(&self, name: &'static str, model: &'static str, key: &str) -> anyhow::Result<Target> {
        Ok(Target {
            name,
            address: self.address,
            key: key.to_owned(),
            model,
            process: Some(self.process()?),
        })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let group = self.child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        // Where it ended by itself there is nobody left to end.
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
    }
}

/// The resident memory of a process in KiB, where it is known.
pub fn memory_kib(process: Option<u32>) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process?)).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The same for people.
pub fn memory_mib(process: Option<u32>) -> String {
    memory_kib(process).map_or_else(|| String::from("unknown"), |kib| format!("{} MiB", kib / 1_024))
}
