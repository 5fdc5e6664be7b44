//! The whole server for one test: a database of its own, a free port, a mailbox in a folder, and people who ask over HTTP.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use chain::{Chain, MemoryChain};
use governance::id::{AccountId, SessionId};
use server::app::App;
use server::chain_link::{ChainLink, connect};
use server::config::{
    ChainConfig, Config, DatabaseConfig, Founding, GatewayConfig, LogConfig, MailConfig, PortalConfig, SecretsConfig,
    ServerConfig, WebhooksConfig,
};
use server::gateway::meter::Meter;
use server::http::times::Times;
use server::secrets::{self, Secrets};
use server::tokens::Named;
use store::{Store, StoreConfig};
use tempfile::TempDir;

use crate::checker::chains::Source;
use crate::checker::journal::Journal;
use crate::checker::logs;
use crate::database::{TestDatabase, fresh_database};
use crate::memory_chain::{DEVELOPMENT_KEY, MemoryWorld};
use crate::person::{Anonymous, Person};

/// How many rounds of jobs may follow from each other before something is taken to run in circles.
const JOB_ROUNDS_MAX: usize = 200;
/// How long a round waits for a node to make a block; all rounds together are many blocks.
const NODE_PAUSE: std::time::Duration = std::time::Duration::from_millis(200);

/// A running server. Call [`TestApp::finish`] at the end: it does the jobs that are left and checks every invariant.
pub struct TestApp {
    /// What requests reach.
    pub app: Arc<App>,
    /// Its database.
    pub database: TestDatabase,
    /// `http://127.0.0.1:port`
    pub url: String,
    /// The chain in memory, where the test has one.
    pub chain: Option<Arc<MemoryChain>>,
    /// What its clients were told.
    pub journal: Journal,
    log_from: usize,
    handle: ServerHandle,
    folder: TempDir,
    is_finished: bool,
}

/// A second server over the same database, with secrets and settings of the first. It does no jobs.
pub struct Replica {
    /// What requests reach.
    pub app: Arc<App>,
    /// `http://127.0.0.1:port`
    pub url: String,
    handle: ServerHandle,
}

impl Replica {
    /// Stops it.
    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}

type Change = Box<dyn FnOnce(&mut Config) + Send>;

/// What a test may choose.
#[derive(Default)]
pub struct Options {
    chain: ChainChoice,
    /// Changes the configuration before the start.
    pub configure: Option<Change>,
    /// Who admits calls to models; by default the books themselves.
    pub meter: Option<Arc<dyn Meter>>,
    /// How long requests may take.
    pub times: Times,
}

/// Which chain anchors.
#[derive(Default)]
pub enum ChainChoice {
    /// None.
    #[default]
    None,
    /// One in memory.
    Memory(MemoryWorld),
    /// A node with the contract at an address; the key file pays.
    Node {
        /// The JSON-RPC address.
        url: String,
        /// The chain's id.
        chain_id: u64,
        /// The contract.
        contract: String,
        /// The key that pays, as it stands in its file.
        key: [u8; 32],
    },
}

impl Options {
    /// With this chain.
    #[must_use]
    pub fn chain(mut self, chain: ChainChoice) -> Self {
        self.chain = chain;
        self
    }

    /// With a change of the configuration.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        self.configure = Some(Box::new(change));
        self
    }

    /// With these limits of time.
    #[must_use]
    pub const fn times(mut self, times: Times) -> Self {
        self.times = times;
        self
    }

    /// With calls to models admitted by this meter.
    #[must_use]
    pub fn meter(mut self, meter: Arc<dyn Meter>) -> Self {
        self.meter = Some(meter);
        self
    }
}

impl TestApp {
    /// A server without a chain.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// A server as the test chooses.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn start_with(options: Options) -> Self {
        let log_from = logs::start();
        let database = fresh_database().await;
        let folder = tempfile::tempdir().expect("a folder");
        secrets::make(&folder.path().join("secrets")).expect("secrets");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let mut config = config(&database, folder.path(), &url);
        let (chain_config, memory) = chain_config(options.chain, folder.path());
        config.chain = chain_config;
        if let Some(change) = options.configure {
            change(&mut config);
        }
        let store = store(&config);
        let link = config.chain.as_ref().map(|chain| {
            let link = ChainLink::new(chain).expect("a chain");
            match &memory {
                Some(memory) => link.with_chain(Arc::clone(memory) as Arc<dyn Chain>),
                None => link,
            }
        });
        let loaded = Secrets::load(&config.secrets.folder).expect("secrets");
        let mut app = App::new(config, store, loaded, link).expect("an application");
        if let Some(meter) = options.meter {
            app = app.with_meter(meter).expect("a gateway");
        }
        let app = Arc::new(app);
        let handle = serve(&app, listener, options.times);
        Self {
            app,
            database,
            url,
            chain: memory,
            journal: Journal::default(),
            log_from,
            handle,
            folder,
            is_finished: false,
        }
    }

    /// A second server beside it.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn replica(&self) -> Replica {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let config = self.app.config.clone();
        let (store, secrets) = (store(&config), Secrets::load(&config.secrets.folder).expect("secrets"));
        let app = Arc::new(App::new(config, store, secrets, None).expect("an application"));
        let handle = serve(&app, listener, Times::default());
        Replica { app, url, handle }
    }

    /// Where mails lie.
    #[must_use]
    pub fn mailbox(&self) -> PathBuf {
        self.folder.path().join("mailbox")
    }

    /// Where its secrets lie.
    #[must_use]
    pub fn secrets_folder(&self) -> PathBuf {
        self.folder.path().join("secrets")
    }

    /// Somebody without a session.
    #[must_use]
    pub fn anonymous(&self) -> Anonymous {
        Anonymous::new(&self.url).noted_in(&self.journal)
    }

    /// A person with a confirmed account and a session, made without the sign-up and its slow password hash.
    ///
    /// # Panics
    /// If the database refuses.
    pub async fn person(&self, name: &str) -> Person {
        let (account, session) = (uuid::Uuid::now_v7(), uuid::Uuid::now_v7());
        // An address has no space in it, whatever a name has.
        let name_part = name.to_lowercase().replace(' ', "-");
        let email = format!("{name_part}-{}@demo.example", account.simple());
        let client = self.database.superuser().await;
        client
            .execute(
                "INSERT INTO account (id, email, display_name, password_hash, email_confirmed_at, recorded_by)
                 VALUES ($1, $2, $3, '$argon2id$no-password', now(), 'test')",
                &[&account, &email, &name],
            )
            .await
            .expect("an account");
        client
            .execute(
                "INSERT INTO session (id, account_id, expires_at, recorded_by)
                 VALUES ($1, $2, now() + interval '1 day', 'test')",
                &[&session, &account],
            )
            .await
            .expect("a session");
        let named = Named {
            account: AccountId::from_uuid(account),
            session: SessionId::from_uuid(session),
        };
        let now = chrono::Utc::now().timestamp().unsigned_abs();
        let token = self
            .app
            .tokens()
            .issue(named, now, uuid::Uuid::now_v7())
            .expect("a token");
        Person::new(&self.url, name, email, named, token).noted_in(&self.journal)
    }

    /// Does everything that is due, and what follows from it, until nothing is left.
    ///
    /// # Panics
    /// If it never ends or fails.
    pub async fn work(&self) {
        for _ in 0..JOB_ROUNDS_MAX {
            match &self.chain {
                Some(chain) => chain.mine(),
                // A node makes its blocks in its own time, and a batch that waits for one is work that is left.
                None if self.app.chain.is_some() => tokio::time::sleep(NODE_PAUSE).await,
                None => {}
            }
            if server::services::jobs::run_due(&self.app).await.expect("jobs") == 0 {
                return;
            }
        }
        panic!("the jobs run in circles");
    }

    /// What was logged since it started.
    #[must_use]
    pub fn log(&self) -> String {
        logs::since(self.log_from)
    }

    /// The chain to look at, where there is one.
    ///
    /// # Panics
    /// If its node does not answer.
    pub async fn chain_source(&self) -> Option<Source> {
        if let Some(memory) = &self.chain {
            return Some(Source::Memory(Arc::clone(memory)));
        }
        let node = connect(self.app.config.chain.as_ref()?).await;
        Some(Source::Node(node.expect("the node that the server uses answers")))
    }

    /// Does the jobs that are left, checks every invariant and stops the server.
    ///
    /// # Panics
    /// If an invariant is broken.
    pub async fn finish(mut self) {
        self.is_finished = true;
        self.work().await;
        crate::checker::check_all(&self).await;
        self.handle.stop(false).await;
    }

    /// Stops the server without a check, for tests that break things on purpose.
    pub async fn abandon(mut self) {
        self.is_finished = true;
        self.handle.stop(false).await;
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if !self.is_finished && !std::thread::panicking() {
            panic!("a test must end with finish(), which checks every invariant");
        }
    }
}

fn store(config: &Config) -> Store {
    Store::connect(&StoreConfig {
        app_url: config.database.app_url.clone(),
        global_url: config.database.global_url.clone(),
        app_connections: config.database.app_connections,
        global_connections: config.database.global_connections,
        wait: std::time::Duration::from_millis(config.database.wait_ms),
    })
    .expect("a store")
}

fn serve(app: &Arc<App>, listener: TcpListener, times: Times) -> ServerHandle {
    let server = server::serve::start_within(Data::from(Arc::clone(app)), listener, times).expect("a server");
    let handle = server.handle();
    tokio::spawn(server);
    handle
}

fn config(database: &TestDatabase, folder: &Path, url: &str) -> Config {
    Config {
        server: ServerConfig {
            public_url: url.to_owned(),
            workers: 1,
            founding: Founding::Anyone,
            attempts_per_minute: 10_000,
            ..ServerConfig::default()
        },
        database: DatabaseConfig {
            app_url: database.app_url.clone(),
            global_url: database.global_url.clone(),
            migrate_url: None,
            app_connections: 8,
            global_connections: 4,
            wait_ms: 5_000,
            waive_durability: true,
        },
        secrets: SecretsConfig {
            folder: folder.join("secrets"),
        },
        chain: None,
        mail: MailConfig::Folder {
            path: folder.join("mailbox"),
            from: String::from("Rochdale <no-reply@demo.example>"),
        },
        portal: PortalConfig {
            folder: Some(folder.join("portal")),
            demonstration: None,
        },
        webhooks: WebhooksConfig { allow_loopback: true },
        gateway: GatewayConfig::default(),
        log: LogConfig {
            folder: folder.join("log"),
            origin: String::from("demo.example/log"),
        },
    }
}

fn chain_config(choice: ChainChoice, folder: &Path) -> (Option<ChainConfig>, Option<Arc<MemoryChain>>) {
    let (rpc_url, chain_id, contract, key, memory) = match choice {
        ChainChoice::None => return (None, None),
        ChainChoice::Memory(world) => {
            let contract = world.contract.to_string();
            let url = String::from("http://127.0.0.1:9");
            (url, world.chain_id, contract, DEVELOPMENT_KEY, Some(world.chain))
        }
        ChainChoice::Node {
            url,
            chain_id,
            contract,
            key,
        } => (url, chain_id, contract, key, None),
    };
    let poster_key_file = folder.join("poster_key");
    secrets::write_secret(&poster_key_file, &key).expect("a key file");
    let config = ChainConfig {
        rpc_url,
        chain_id,
        genesis: None,
        contract,
        admin: None,
        poster_key_file,
        max_fee_gwei: 1_000,
        seal_seconds: 0,
        explorer_url: Some(String::from("https://explorer.example/tx/{tx}")),
    };
    (Some(config), memory)
}
