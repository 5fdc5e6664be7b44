//! A local chain: anvil, from its npm package.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::guard::{Guarded, POLL, Program, log_tail};
use crate::npm::anvil_program;
use crate::{DevstackError, Port, http};

/// How long a start may take, loading its state included.
const START_SECONDS_MAX: u64 = 30;
/// How often another port is tried when a free one was taken by someone else in between.
const PORTS_TRIED_MAX: u32 = 5;
/// Everyone knows these words: the accounts are for local chains alone.
const MNEMONIC: &str = "test test test test test test test test test test test junk";
/// The key of the first account of every chain started here, without 0x. It is public knowledge.
pub const FIRST_ACCOUNT_KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
/// The address of that account.
pub const FIRST_ACCOUNT: &str = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";

/// When blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mining {
    /// One for each transaction, at once.
    AtOnce,
    /// One every so many seconds.
    EverySeconds(u64),
    /// Only when the test asks for it.
    OnDemand,
}

/// What to start.
#[derive(Debug, Clone)]
pub struct AnvilOptions {
    /// The program; see [`anvil_program`].
    pub program: PathBuf,
    /// Where its log and its state lie; made where it is missing.
    pub folder: PathBuf,
    /// Which port of 127.0.0.1.
    pub port: Port,
    /// The chain's id (EIP-155).
    pub chain_id: u64,
    /// Whether the chain is written to `chain.json` of the folder every second and at the end, and goes on from there.
    pub keeps_state: bool,
    /// When blocks are made.
    pub mining: Mining,
    /// When the chain begins, in seconds since 1970, where that is not now; later blocks are as much later.
    pub begins_at: Option<u64>,
    /// Blocks of an epoch: the safe block is this many behind the latest, the finalized one twice as many.
    pub slots_in_an_epoch: u64,
}

impl AnvilOptions {
    /// A chain that forgets, on a free port, with a block for each transaction and quick finality.
    #[must_use]
    pub fn new(program: &Path, folder: &Path) -> Self {
        Self {
            program: program.to_path_buf(),
            folder: folder.to_path_buf(),
            port: Port::Free,
            chain_id: 31_337,
            keeps_state: false,
            mining: Mining::AtOnce,
            begins_at: None,
            slots_in_an_epoch: 1,
        }
    }

    /// Looks for the program in the `node_modules` of each folder.
    ///
    /// # Errors
    /// [`DevstackError::NotFound`] names the folders.
    pub fn find_program(folders: &[&Path]) -> Result<PathBuf, DevstackError> {
        anvil_program(folders).ok_or_else(|| DevstackError::NotFound {
            program: "anvil",
            looked_in: folders
                .iter()
                .map(|folder| folder.display().to_string())
                .collect::<Vec<_>>()
                .join(", "),
            advice: "run `npm ci` in contracts/",
        })
    }
}

/// A running chain; it stops, writing its state, when this value is dropped or this process ends.
#[derive(Debug)]
pub struct Anvil {
    server: Guarded,
    port: u16,
}

impl Anvil {
    /// Starts the chain and waits until it answers with its id.
    ///
    /// # Errors
    /// If a fixed port is taken or the program does not start.
    pub fn start(options: &AnvilOptions) -> Result<Self, DevstackError> {
        let folder = &options.folder;
        std::fs::create_dir_all(folder).map_err(DevstackError::io("make", folder))?;
        let log = folder.join("chain.log");
        let mut ports_tried = 0;
        loop {
            let port = options.port.choose()?;
            let mut program = Program::new("anvil", &options.program, folder, &log).arguments(arguments(options, port));
            program.environment = Some(environment(folder));
            let mut server = program.start()?;
            if wait_for(&mut server, port, options.chain_id, &log)? {
                return Ok(Self { server, port });
            }
            let tail = log_tail(&log);
            ports_tried += 1;
            match (options.port, tail.contains("ddress already in use")) {
                (Port::Fixed(port), true) => return Err(DevstackError::PortBusy(port)),
                (Port::Free, true) if ports_tried < PORTS_TRIED_MAX => {}
                (Port::Free | Port::Fixed(_), _) => {
                    return Err(DevstackError::EndedEarly {
                        program: "anvil",
                        log,
                        tail,
                    });
                }
            }
        }
    }

    /// Its JSON-RPC address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port of 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process id.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.server.process()
    }

    /// Whether it ended on its own.
    pub fn has_ended(&mut self) -> bool {
        self.server.ended().is_some()
    }

    /// Stops it with SIGTERM, at which it writes its state.
    ///
    /// # Errors
    /// If it runs on.
    pub fn stop(self) -> Result<(), DevstackError> {
        self.server.stop()
    }
}

fn arguments(options: &AnvilOptions, port: u16) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["--host", "127.0.0.1", "--port"].map(OsString::from).to_vec();
    arguments.push(port.to_string().into());
    arguments.extend(["--chain-id".into(), options.chain_id.to_string().into()]);
    arguments.extend(["--mnemonic".into(), MNEMONIC.into()]);
    arguments.extend([
        "--slots-in-an-epoch".into(),
        options.slots_in_an_epoch.to_string().into(),
    ]);
    if let Some(begins_at) = options.begins_at {
        arguments.extend(["--timestamp".into(), begins_at.to_string().into()]);
    }
    match options.mining {
        Mining::AtOnce => {}
        Mining::EverySeconds(seconds) => arguments.extend(["--block-time".into(), seconds.to_string().into()]),
        Mining::OnDemand => arguments.push("--no-mining".into()),
    }
    if options.keeps_state {
        arguments.extend(["--state".into(), options.folder.join("chain.json").into_os_string()]);
        // Old state is kept too, so that a question about an earlier block is answered after a restart.
        arguments.extend(["--state-interval", "1", "--preserve-historical-states"].map(OsString::from));
    }
    arguments
}

/// It may write below its home; that is ours.
fn environment(folder: &Path) -> Vec<(OsString, OsString)> {
    vec![
        ("PATH".into(), "/usr/bin:/bin".into()),
        ("HOME".into(), folder.as_os_str().to_owned()),
        ("TZ".into(), "UTC".into()),
    ]
}

/// True when it answers with its chain's id, false when it ended.
fn wait_for(server: &mut Guarded, port: u16, chain_id: u64, log: &Path) -> Result<bool, DevstackError> {
    let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
    let expected = format!("\"result\":\"{chain_id:#x}\"");
    while Instant::now() < deadline {
        let answer = http::post_json(
            port,
            "/",
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}"#,
        );
        let ended = server.ended().is_some();
        if ended {
            return Ok(false);
        }
        if answer.is_ok_and(|(_, text)| text.contains(&expected)) {
            return Ok(true);
        }
        std::thread::sleep(POLL);
    }
    Err(DevstackError::NoAnswer {
        program: "anvil",
        seconds: START_SECONDS_MAX,
        log: log.to_path_buf(),
    })
}
