//! What the operator configures: a TOML file, then environment variables `ROCHDALE_SECTION__KEY` that override it.
//!
//! `rochdale.example.toml` shows every key with its meaning; a test reads it, so that it cannot go stale.

mod check;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;
use store::Durability;

/// The whole configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How it listens.
    #[serde(default)]
    pub server: ServerConfig,
    /// Where the database is.
    pub database: DatabaseConfig,
    /// Where the secrets lie.
    pub secrets: SecretsConfig,
    /// The chain; without this section nothing is anchored.
    #[serde(default)]
    pub chain: Option<ChainConfig>,
    /// How mail leaves.
    #[serde(default)]
    pub mail: MailConfig,
    /// The pages for people.
    #[serde(default)]
    pub portal: PortalConfig,
    /// Where the logs of co-ops are published.
    #[serde(default)]
    pub log: LogConfig,
    /// How messages to webhooks leave.
    #[serde(default)]
    pub webhooks: WebhooksConfig,
    /// The models under `/v1`.
    #[serde(default)]
    pub gateway: GatewayConfig,
}

/// The models under `/v1`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewayConfig {
    /// Where servers of models may be beside the public internet, such as `http://127.0.0.1:8080`: scheme, name and port, exactly.
    pub allowed_origins: Vec<String>,
    /// The most calls at once.
    pub calls_max: usize,
    /// The most bytes of bodies at once.
    pub body_bytes_max: usize,
    /// The most calls that wait for a slot of one upstream.
    pub queue_depth_max: usize,
    /// How long one waits at most, in seconds.
    pub queue_seconds_max: u64,
    /// How long a call may take in all, in seconds.
    pub call_seconds_max: u64,
    /// How long a stream is silent before its client is sent a sign of life, in milliseconds.
    pub heartbeat_ms: u64,
    /// How often the leases of running calls are extended, in milliseconds; a lease is three times as long or more.
    pub renew_ms: u64,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            allowed_origins: Vec::new(),
            calls_max: 4_096,
            body_bytes_max: 256 * 1_024 * 1_024,
            queue_depth_max: 256,
            queue_seconds_max: 120,
            call_seconds_max: 600,
            heartbeat_ms: 5_000,
            renew_ms: 10_000,
        }
    }
}

/// How messages to webhooks leave.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhooksConfig {
    /// Let messages go to this very machine, over plain HTTP as well; for tests and development alone.
    pub allow_loopback: bool,
}

/// How the server listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Where it listens.
    pub address: String,
    /// Where `rochdale work` answers monitoring with /healthz and /metrics, and nothing else; nowhere where left out.
    pub worker_address: Option<String>,
    /// The address people type, without a slash at the end; links in mails and the domain of wallet messages come from it, never
    /// from what a request claims.
    pub public_url: String,
    /// Threads that answer requests.
    pub workers: usize,
    /// How many proxies in front add to `X-Forwarded-For`; 0 means the header is ignored.
    pub trusted_proxies: usize,
    /// Who may found a co-op here.
    pub founding: Founding,
    /// The most attempts at signing in per address and per account within a minute.
    pub attempts_per_minute: u32,
}

/// Who may found a co-op.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Founding {
    /// Anyone with an account.
    Anyone,
    /// Only the operator, with `rochdale admin`.
    Operator,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            address: String::from("127.0.0.1:8080"),
            worker_address: None,
            public_url: String::from("http://localhost:8080"),
            workers: 2,
            trusted_proxies: 0,
            founding: Founding::Anyone,
            attempts_per_minute: 20,
        }
    }
}

/// Where the database is.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// Address for the role `rochdale_app`.
    pub app_url: String,
    /// Address for the role `rochdale_global`.
    pub global_url: String,
    /// Address for `rochdale migrate`, past any pooler; needed there alone.
    #[serde(default)]
    pub migrate_url: Option<String>,
    /// Connections for co-ops.
    #[serde(default = "default_app_connections")]
    pub app_connections: usize,
    /// Connections for accounts and jobs.
    #[serde(default = "default_global_connections")]
    pub global_connections: usize,
    /// How long a request waits for a connection, in milliseconds.
    #[serde(default = "default_wait_ms")]
    pub wait_ms: u64,
    /// Accept settings that may lose acknowledged ballots in a crash; for short-lived test databases alone.
    #[serde(default)]
    pub waive_durability: bool,
}

impl DatabaseConfig {
    /// What the settings of the database must be.
    #[must_use]
    pub const fn durability(&self) -> Durability {
        if self.waive_durability {
            Durability::Waived
        } else {
            Durability::Required
        }
    }
}

impl std::fmt::Debug for DatabaseConfig {
    /// The addresses hold passwords.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DatabaseConfig").finish_non_exhaustive()
    }
}

const fn default_app_connections() -> usize {
    16
}

const fn default_global_connections() -> usize {
    8
}

const fn default_wait_ms() -> u64 {
    2_000
}

/// Where the secrets lie.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretsConfig {
    /// A folder made by `rochdale admin make-secrets`; its files may be read by their owner alone.
    pub folder: PathBuf,
}

/// The chain.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainConfig {
    /// The JSON-RPC address of a node.
    pub rpc_url: String,
    /// The chain's id (EIP-155).
    pub chain_id: u64,
    /// The hash of its first block; checked where given.
    #[serde(default)]
    pub genesis: Option<String>,
    /// The anchor contract; `rochdale admin deploy-contract` makes one.
    pub contract: String,
    /// Who may name posters and close namespaces; the poster itself where left out, which suits development alone.
    #[serde(default)]
    pub admin: Option<String>,
    /// A file with the 32 bytes of the poster's key as hexadecimal digits; readable by its owner alone.
    pub poster_key_file: PathBuf,
    /// The most to offer for a unit of gas, in gwei.
    #[serde(default = "default_max_fee_gwei")]
    pub max_fee_gwei: u64,
    /// How often new records are sealed into an anchor, and contracts that members claim from are looked at, in seconds.
    #[serde(default = "default_seal_seconds")]
    pub seal_seconds: u64,
    /// Where people look at a transaction of this chain, with `{tx}` in the place of its hash.
    #[serde(default)]
    pub explorer_url: Option<String>,
}

const fn default_max_fee_gwei() -> u64 {
    200
}

const fn default_seal_seconds() -> u64 {
    60
}

/// How mail leaves.
#[derive(Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum MailConfig {
    /// Into files of a folder, one a mail; for development and tests.
    Folder {
        /// The folder.
        #[serde(default = "default_mailbox")]
        path: PathBuf,
        /// The sender.
        #[serde(default = "default_sender")]
        from: String,
    },
    /// Through an SMTP server.
    Smtp {
        /// `smtps://user:password@host:port` or `smtp://host:port?tls=required`.
        url: String,
        /// The sender.
        #[serde(default = "default_sender")]
        from: String,
    },
}

fn default_mailbox() -> PathBuf {
    PathBuf::from("mailbox")
}

fn default_sender() -> String {
    String::from("Rochdale <no-reply@localhost>")
}

impl std::fmt::Debug for MailConfig {
    /// An SMTP address holds a password.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Folder { .. } => "MailConfig::Folder",
            Self::Smtp { .. } => "MailConfig::Smtp",
        })
    }
}

impl Default for MailConfig {
    fn default() -> Self {
        Self::Folder {
            path: default_mailbox(),
            from: default_sender(),
        }
    }
}

/// The pages for people.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PortalConfig {
    /// A folder of a built portal that takes the place of the one in the program.
    pub folder: Option<PathBuf>,
    /// A file of who can sign in on a demonstration, served as `/demonstration.json`; the portal then tells its story.
    pub demonstration: Option<PathBuf>,
}

/// The origin of a deployment that nobody named, which suits development alone.
pub const LOCAL_ORIGIN: &str = "localhost/log";

/// Where the logs of co-ops are published.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// The folder of the published files, one folder below it for each co-op. It should lie on other storage than the database.
    pub folder: PathBuf,
    /// What the name of each log begins with, for good: a domain and perhaps a path, without `https://` and without a slash at
    /// the end. It stands in every checkpoint, so that a log cannot be renamed.
    pub origin: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            folder: PathBuf::from("log"),
            origin: String::from(LOCAL_ORIGIN),
        }
    }
}

impl Config {
    /// Reads the file, then lets the environment override it.
    ///
    /// # Errors
    /// If the file cannot be read or holds an unknown key or a wrong type; the message names it.
    pub fn load(path: &Path, environment: impl Iterator<Item = (String, String)>) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration {}", path.display()))?;
        let mut table: toml::Table =
            toml::from_str(&text).with_context(|| format!("the configuration {} is malformed", path.display()))?;
        for (name, value) in environment {
            override_key(&mut table, &name, value);
        }
        table
            .try_into()
            .with_context(|| format!("the configuration {} is not acceptable", path.display()))
    }
}

/// `ROCHDALE_DATABASE__APP_URL` sets `app_url` of the section `database`. A value that reads as a number or a truth value is one.
fn override_key(table: &mut toml::Table, name: &str, value: String) {
    let Some((section, key)) = name.strip_prefix("ROCHDALE_").and_then(|rest| rest.split_once("__")) else {
        return;
    };
    let value = value
        .parse::<i64>()
        .map(toml::Value::Integer)
        .or_else(|_| value.parse::<bool>().map(toml::Value::Boolean))
        .unwrap_or(toml::Value::String(value));
    let section = table
        .entry(section.to_lowercase())
        .or_insert_with(|| toml::Value::Table(toml::Table::new()));
    if let toml::Value::Table(section) = section {
        section.insert(key.to_lowercase(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_names_every_key_and_the_environment_overrides_it() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rochdale.example.toml");
        let environment = [(String::from("ROCHDALE_SERVER__WORKERS"), String::from("7"))];
        let config = Config::load(&example, environment.into_iter()).unwrap();
        assert_eq!(config.server.workers, 7);
        assert!(config.chain.is_some());
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let folder = std::env::temp_dir().join(format!("rochdale-config-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("rochdale.toml");
        std::fs::write(
            &path,
            "[secrets]\nfolder = 'x'\n[database]\napp_url = 'a'\nglobal_url = 'b'\ntypo = 1\n",
        )
        .unwrap();
        let error = Config::load(&path, std::iter::empty()).unwrap_err();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(format!("{error:#}").contains("typo"), "{error:#}");
    }

    #[test]
    fn the_environment_alone_turns_mail_from_a_folder_to_smtp() {
        let folder = std::env::temp_dir().join(format!("rochdale-config-mail-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("rochdale.toml");
        let text = "[secrets]\nfolder = 'x'\n[database]\napp_url = 'a'\nglobal_url = 'b'\n[mail]\nkind = 'folder'\n";
        std::fs::write(&path, text).unwrap();
        let environment = [("KIND", "smtp"), ("URL", "smtps://user:password@mail.example:465")]
            .map(|(key, value)| (format!("ROCHDALE_MAIL__{key}"), value.to_owned()));
        let by_file = Config::load(&path, std::iter::empty()).unwrap();
        let by_environment = Config::load(&path, environment.into_iter());
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(matches!(by_file.mail, MailConfig::Folder { .. }));
        assert!(matches!(by_environment.unwrap().mail, MailConfig::Smtp { .. }));
    }
}
