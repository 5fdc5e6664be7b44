//! The real thing: PostgreSQL, a node, the program `rochdale` as a process of its own. For what a server in the test's own process
//! cannot show: that it is killed, how long it takes, how it starts.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use chain::{FeePolicy, Patience, Poster, deploy};
use devstack::anvil::Mining;
use devstack::guard::{Guarded, Program};
use devstack::postgres::{Binaries, Durability};
use devstack::{Anvil, AnvilOptions, Postgres, PostgresOptions};
use governance::id::{AccountId, SessionId};
use server::config::ChainConfig;
use server::secrets::{self, Secrets};
use server::tokens::{Named, Tokens};
use tempfile::TempDir;
use tokio_postgres::Client;

use crate::data::repository;
use crate::database::connect;
use crate::memory_chain::DEVELOPMENT_KEY;
use crate::person::Person;

/// How long the program may take to answer after its start.
const START_TIME_MAX: Duration = Duration::from_secs(60);
const CHAIN_ID: u64 = 31_337;
const GWEI: u128 = 1_000_000_000;

/// What to start.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// The program.
    pub program: PathBuf,
    /// Whether the database forces commits to disk.
    pub durability: Durability,
    /// How blocks come about.
    pub mining: Mining,
    /// How often new records are sealed, in seconds.
    pub seal_seconds: u64,
    /// Further environment of the program.
    pub environment: Vec<(String, String)>,
    /// Further sections of the configuration.
    pub sections: String,
    /// The folder in which that of the stack is made; the usual one for temporary files where left out.
    pub within: Option<PathBuf>,
}

impl StackOptions {
    /// A durable database, a block a second.
    #[must_use]
    pub fn new(program: &Path) -> Self {
        Self {
            program: program.to_path_buf(),
            durability: Durability::Durable,
            mining: Mining::EverySeconds(1),
            seal_seconds: 1,
            environment: Vec::new(),
            sections: String::new(),
            within: None,
        }
    }
}

/// A running stack. Everything stops with the value.
pub struct Stack {
    /// `http://127.0.0.1:port`, the same after a restart.
    pub url: String,
    /// The database.
    pub postgres: Option<Postgres>,
    /// The node.
    pub anvil: Option<Anvil>,
    /// The contract.
    pub contract: String,
    /// As a superuser.
    pub database: Client,
    options: StackOptions,
    tokens: Tokens,
    folder: TempDir,
    program: Option<Guarded>,
}

impl Stack {
    /// Starts everything; the schema and the contract are new.
    ///
    /// # Errors
    /// If a part does not start.
    pub async fn start(options: StackOptions) -> anyhow::Result<Self> {
        let folder = match &options.within {
            Some(within) => tempfile::tempdir_in(within)?,
            None => tempfile::tempdir()?,
        };
        // The database's user must pass through, or its data would lie elsewhere and outlive us.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711))?;
        let (postgres, anvil) = start_servers(&options, folder.path()).await?;
        let superuser = postgres.superuser_url("postgres");
        store::migrate(&superuser).await?;
        let database = connect(&superuser).await;
        let password = hex::encode(secrets::random()?);
        for role in ["rochdale_app", "rochdale_global"] {
            database
                .batch_execute(&format!("ALTER ROLE {role} PASSWORD '{password}'"))
                .await?;
        }
        secrets::make(&folder.path().join("secrets"))?;
        secrets::write_secret(&folder.path().join("poster_key"), &DEVELOPMENT_KEY)?;
        let contract = deploy_contract(&anvil.url(), folder.path()).await?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let url = format!("http://{address}");
        let text = configuration(
            &options,
            &Parts {
                folder: folder.path(),
                address: &address.to_string(),
                database: &format!("{password}@127.0.0.1:{}/postgres", postgres.port()),
                chain: &anvil.url(),
                contract: &contract,
            },
        );
        std::fs::write(folder.path().join("rochdale.toml"), text)?;
        let tokens = Tokens::new(&Secrets::load(&folder.path().join("secrets"))?, &url)?;
        let mut stack = Self {
            url,
            postgres: Some(postgres),
            anvil: Some(anvil),
            contract,
            database,
            options,
            tokens,
            folder,
            program: None,
        };
        stack.start_program().await?;
        Ok(stack)
    }

    /// Starts the program, serving and working, and waits until it can serve.
    ///
    /// # Errors
    /// If it ends or does not answer in time.
    pub async fn start_program(&mut self) -> anyhow::Result<()> {
        let program = self.program_with(&self.log(), &[])?;
        let mut program = program.arguments(["serve", "--with-worker"]).start()?;
        wait_until_ready(&mut program, &self.url, &self.log()).await?;
        self.program = Some(program);
        Ok(())
    }

    /// Starts a further server that does no jobs, on a port of its own, and waits until it can serve; its address.
    ///
    /// # Errors
    /// If it ends or does not answer in time.
    pub async fn start_replica(&self, number: usize) -> anyhow::Result<(String, Guarded)> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let (url, log) = (
            format!("http://{address}"),
            self.folder.path().join(format!("replica-{number}.log")),
        );
        let program = self.program_with(&log, &[(String::from("ROCHDALE_SERVER__ADDRESS"), address)])?;
        let mut program = program.arguments(["serve"]).start()?;
        wait_until_ready(&mut program, &url, &log).await?;
        Ok((url, program))
    }

    /// The database for whoever may do everything.
    ///
    /// # Panics
    /// If it was taken away.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        self.postgres.as_ref().expect("a database").superuser_url("postgres")
    }

    /// Starts a worker beside the program, with its pages for monitoring at this address.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start_worker(&self, address: &str) -> anyhow::Result<Guarded> {
        let own = [(String::from("ROCHDALE_SERVER__WORKER_ADDRESS"), address.to_owned())];
        let program = self.program_with(&self.folder.path().join("worker.log"), &own)?;
        Ok(program.arguments(["work"]).start()?)
    }

    /// The program with its configuration, still without its command.
    fn program_with(&self, log: &Path, more: &[(String, String)]) -> anyhow::Result<Program> {
        // Its log is that of all its starts. It works where we do, as the configuration may name files from there.
        let mut program = Program::new("rochdale", &self.options.program, &std::env::current_dir()?, log);
        program.continues_log = true;
        let environment = self.options.environment.iter().chain(more);
        let own = environment.map(|(name, value)| (name.into(), value.into()));
        program.environment = Some(std::env::vars_os().chain(own).collect());
        Ok(program.arguments([
            OsStr::new("--config"),
            self.folder.path().join("rochdale.toml").as_os_str(),
        ]))
    }

    /// Kills the program as a crash would (SIGKILL). Nothing happens where it has ended.
    ///
    /// # Errors
    /// If it cannot be killed.
    pub fn kill_program(&mut self) -> anyhow::Result<()> {
        if let Some(program) = self.program.take() {
            program.kill()?;
        }
        Ok(())
    }

    /// Whether the program has ended by itself, as at a failpoint.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub fn has_ended(&mut self) -> anyhow::Result<bool> {
        Ok(match &mut self.program {
            Some(program) => program.ended().is_some(),
            None => true,
        })
    }

    /// Where the program writes its log.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("rochdale.log")
    }

    /// Sets the environment that the program has from its next start on.
    pub fn environment(&mut self, environment: Vec<(String, String)>) {
        self.options.environment = environment;
    }

    /// A person with a session, made without the sign-up and its slow password hash.
    ///
    /// # Errors
    /// If the database refuses.
    pub async fn person(&self, name: &str) -> anyhow::Result<Person> {
        let (account, session) = (uuid::Uuid::now_v7(), uuid::Uuid::now_v7());
        let email = format!("{}-{}@demo.example", name.to_lowercase(), account.simple());
        self.database
            .execute(
                "INSERT INTO account (id, email, display_name, password_hash, email_confirmed_at, recorded_by)
                 VALUES ($1, $2, $3, '$argon2id$no-password', now(), 'test')",
                &[&account, &email, &name],
            )
            .await?;
        self.database
            .execute(
                "INSERT INTO session (id, account_id, expires_at, recorded_by)
                 VALUES ($1, $2, now() + interval '1 day', 'test')",
                &[&session, &account],
            )
            .await?;
        let named = Named {
            account: AccountId::from_uuid(account),
            session: SessionId::from_uuid(session),
        };
        let now = chrono::Utc::now().timestamp().unsigned_abs();
        let token = self.tokens.issue(named, now, uuid::Uuid::now_v7())?;
        Ok(Person::new(&self.url, name, email, named, token))
    }

    /// The node's address.
    #[must_use]
    pub fn chain_url(&self) -> String {
        self.anvil.as_ref().map(Anvil::url).unwrap_or_default()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _ = self.kill_program();
    }
}

async fn wait_until_ready(program: &mut Guarded, url: &str, log: &Path) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let started = Instant::now();
    while started.elapsed() < START_TIME_MAX {
        if let Some(status) = program.ended() {
            let said = std::fs::read_to_string(log)?;
            bail!("the program ended at its start with {status}: {said}");
        }
        let ready = client.get(format!("{url}/readyz")).send().await;
        if ready.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("the program does not answer: {}", std::fs::read_to_string(log)?)
}

async fn start_servers(options: &StackOptions, folder: &Path) -> anyhow::Result<(Postgres, Anvil)> {
    let mut postgres = PostgresOptions::new(
        &folder.join("postgres"),
        Binaries::find(&repository().join(".local/npm"))?,
    );
    postgres.durability = options.durability;
    let program = AnvilOptions::find_program(&[&repository().join("contracts"), &repository().join(".local/npm")])?;
    let mut anvil = AnvilOptions::new(&program, &folder.join("chain"));
    std::fs::create_dir_all(folder.join("chain"))?;
    anvil.chain_id = CHAIN_ID;
    anvil.mining = options.mining;
    let started = tokio::task::spawn_blocking(move || anyhow::Ok((Postgres::start(&postgres)?, Anvil::start(&anvil)?)));
    started.await?
}

async fn deploy_contract(url: &str, folder: &Path) -> anyhow::Result<String> {
    let config = ChainConfig {
        rpc_url: url.to_owned(),
        chain_id: CHAIN_ID,
        genesis: None,
        contract: String::new(),
        admin: None,
        poster_key_file: folder.join("poster_key"),
        max_fee_gwei: 1_000,
        seal_seconds: 1,
        explorer_url: None,
    };
    let chain = Arc::new(server::chain_link::connect(&config).await?);
    let poster = Poster::from_key(DEVELOPMENT_KEY, CHAIN_ID)?;
    let policy = FeePolicy {
        max_fee_cap: 1_000 * GWEI,
        tip_min: GWEI,
    };
    let patience = Patience {
        pause: Duration::from_millis(50),
        looks_max: 600,
    };
    Ok(deploy(chain.as_ref(), &poster, &policy, patience)
        .await?
        .contract
        .to_string())
}

struct Parts<'a> {
    folder: &'a Path,
    address: &'a str,
    database: &'a str,
    chain: &'a str,
    contract: &'a str,
}

fn configuration(options: &StackOptions, parts: &Parts<'_>) -> String {
    let Parts {
        folder,
        address,
        database,
        chain,
        contract,
    } = parts;
    let waived = options.durability == Durability::Volatile;
    let (folder, seal_seconds, sections) = (folder.display(), options.seal_seconds, &options.sections);
    format!(
        "[server]\naddress = \"{address}\"\npublic_url = \"http://{address}\"\nattempts_per_minute = 10000\n\
         [database]\napp_url = \"postgres://rochdale_app:{database}\"\nglobal_url = \"postgres://rochdale_global:{database}\"\n\
         waive_durability = {waived}\n\
         [secrets]\nfolder = \"{folder}/secrets\"\n\
         [chain]\nrpc_url = \"{chain}\"\nchain_id = {CHAIN_ID}\ncontract = \"{contract}\"\n\
         poster_key_file = \"{folder}/poster_key\"\nmax_fee_gwei = 1000\nseal_seconds = {seal_seconds}\n\
         [mail]\nkind = \"folder\"\npath = \"{folder}/mailbox\"\nfrom = \"Rochdale <no-reply@demo.example>\"\n\
         [log]\nfolder = \"{folder}/log\"\norigin = \"demo.example/log\"\n{sections}"
    )
}
