//! Everything an invariant may look at, gathered once.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_postgres::{Client, GenericClient};
use uuid::Uuid;

use super::bundles::{self, BundleView, Published};
use super::catalog::Catalog;
use super::chains::{ChainEvidence, Source};
use super::journal::Entry;
use super::rows::{Proposal, Rows};
use super::secrets::{self, Secret};
use crate::app::TestApp;
use crate::database::connect;

/// How often it is looked whether all is at rest, a few milliseconds apart: some work goes on after its answer, and a worker of
/// its own looks for what is due once a second.
const REST_LOOKS_MAX: usize = 500;
const REST_PAUSE: Duration = Duration::from_millis(10);

/// Everything an invariant may look at.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// What clients were told.
    pub journal: Vec<Entry>,
    /// The rows.
    pub rows: Rows,
    /// What the database says of itself.
    pub catalog: Catalog,
    /// Every row of every table as text, by table.
    pub dump: Vec<(String, String)>,
    /// The published bundles, by co-op and proposal.
    pub bundles: BTreeMap<(Uuid, Uuid), Published>,
    /// The same, byte for byte.
    pub bundle_bytes: BTreeMap<(Uuid, Uuid), Vec<u8>>,
    /// Whether every published bundle was asked for.
    pub asked_for_bundles: bool,
    /// The chain, where one answers.
    pub chain: Option<ChainEvidence>,
    /// What must not be found.
    pub secrets: Vec<Secret>,
    /// The log.
    pub log: String,
    /// The server's public key.
    pub server_key: Option<String>,
    /// Whether all work was done before, so that nothing may be left.
    pub is_quiet: bool,
    /// Jobs that are due and not done.
    pub due_jobs: i64,
    /// Connections that sit in an open transaction.
    pub open_transactions: i64,
}

/// Where evidence comes from. What is left out is not looked at.
#[derive(Default)]
pub struct Sources {
    /// The database, as its superuser.
    pub database_url: String,
    /// What clients were told.
    pub journal: Vec<Entry>,
    /// The folder of mails.
    pub mailbox: Option<PathBuf>,
    /// The folder of the server's secrets.
    pub secrets: Option<PathBuf>,
    /// The log.
    pub log: String,
    /// The chain.
    pub chain: Option<Source>,
    /// Bundles by co-op and proposal; `None` where they were not asked for.
    pub bundles: Option<BTreeMap<(Uuid, Uuid), Vec<u8>>>,
    /// The server's public key.
    pub server_key: Option<String>,
    /// Whether all work was done before.
    pub is_quiet: bool,
    /// When it was; what comes due while evidence is gathered is nobody's to do. Now where left out.
    pub rested_at: Option<DateTime<Utc>>,
}

impl Evidence {
    /// Gathers it from a running server of a test that has done its work.
    ///
    /// # Panics
    /// If something does not answer.
    pub async fn of(app: &TestApp) -> Self {
        let rested_at = Some(Utc::now());
        let sources = Sources {
            database_url: app.database.superuser_url.clone(),
            journal: app.journal.entries(),
            mailbox: Some(app.mailbox()),
            secrets: Some(app.secrets_folder()),
            log: app.log(),
            chain: app.chain_source().await,
            bundles: Some(bundles::published(app).await),
            server_key: Some(app.app.secrets.server_key().to_string()),
            is_quiet: true,
            rested_at,
        };
        Self::gather(sources).await
    }

    /// Gathers it.
    ///
    /// # Panics
    /// If the database does not answer, or the chain where one is named.
    pub async fn gather(sources: Sources) -> Self {
        let mut client = connect(&sources.database_url).await;
        if sources.is_quiet {
            come_to_rest(&client, sources.rested_at).await;
        }
        let transaction = client
            .build_transaction()
            .isolation_level(tokio_postgres::IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .await
            .expect("a snapshot");
        let mut snapshot = Self::read(&transaction).await;
        snapshot.due_jobs = count(&transaction, &due_jobs(sources.rested_at)).await;
        transaction.commit().await.expect("the end of a snapshot");
        snapshot.with(sources).await
    }

    /// Reads what the database holds, in the transaction the client is in.
    pub async fn read(client: &impl GenericClient) -> Self {
        client
            .batch_execute("SET LOCAL TIME ZONE 'UTC'")
            .await
            .expect("the time zone");
        Self {
            rows: Rows::read(client).await,
            catalog: Catalog::read(client).await,
            dump: dump(client).await,
            due_jobs: count(client, &due_jobs(None)).await,
            open_transactions: count(client, OPEN_TRANSACTIONS).await,
            ..Self::default()
        }
    }

    /// Adds what lies outside the database.
    ///
    /// # Panics
    /// If a chain is named and does not answer.
    pub async fn with(mut self, sources: Sources) -> Self {
        self.secrets = secrets::gather(&sources.journal, sources.mailbox.as_deref(), sources.secrets.as_deref());
        self.journal = sources.journal;
        self.log = sources.log;
        self.server_key = sources.server_key;
        self.is_quiet = sources.is_quiet;
        self.asked_for_bundles = sources.bundles.is_some();
        for (id, bytes) in sources.bundles.unwrap_or_default() {
            self.bundle_bytes.insert(id, bytes.clone());
            let published = tokio::task::spawn_blocking(move || Published::of(&bytes)).await;
            self.bundles.insert(id, published.expect("an audit does not panic"));
        }
        if let Some(source) = &sources.chain {
            // Else what is said of anchors would not be looked at, and nobody would know.
            let read = ChainEvidence::read(source, &self.rows).await;
            self.chain = Some(read.expect("the chain that was named answers"));
        }
        self
    }

    /// The bundle of a proposal, where it can be read.
    #[must_use]
    pub fn bundle(&self, proposal: &Proposal) -> Option<&BundleView> {
        self.bundles.get(&(proposal.coop_id, proposal.id))?.view.as_ref()
    }

    /// Every bundle that can be read, with its co-op and proposal.
    pub fn readable_bundles(&self) -> impl Iterator<Item = (Uuid, Uuid, &BundleView)> {
        self.bundles
            .iter()
            .filter_map(|((coop, proposal), published)| Some((*coop, *proposal, published.view.as_ref()?)))
    }
}

const OPEN_TRANSACTIONS: &str = "
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'
      AND state_change < clock_timestamp() - interval '1 second'";

/// Due for longer than a worker needs to look.
fn due_jobs(rested_at: Option<DateTime<Utc>>) -> String {
    let rested_at = rested_at.map_or_else(
        || String::from("clock_timestamp()"),
        |at| format!("'{}'::timestamptz", at.to_rfc3339()),
    );
    format!("SELECT count(*) FROM job WHERE done_at IS NULL AND run_at <= {rested_at} - interval '2 seconds'")
}

/// What no published checkpoint covers.
const UNPUBLISHED: &str = "
    SELECT (SELECT count(*) FROM log_pending) + (SELECT count(*) FROM log_head WHERE published_size < sequenced)";

async fn come_to_rest(client: &Client, rested_at: Option<DateTime<Utc>>) {
    let due_jobs = due_jobs(rested_at);
    for _ in 0..REST_LOOKS_MAX {
        let mut left = 0;
        for query in [OPEN_TRANSACTIONS, due_jobs.as_str(), UNPUBLISHED] {
            left += count(client, query).await;
        }
        if left == 0 {
            return;
        }
        tokio::time::sleep(REST_PAUSE).await;
    }
}

async fn count(client: &impl GenericClient, query: &str) -> i64 {
    client.query_one(query, &[]).await.expect("a count").get(0)
}

/// Every row of every table, as text.
async fn dump(client: &impl GenericClient) -> Vec<(String, String)> {
    const TABLES: &str = "SELECT oid::regclass::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY 1";
    let mut dump = Vec::new();
    for row in client.query(TABLES, &[]).await.expect("the tables") {
        let table: String = row.get(0);
        let query = format!("SELECT coalesce(string_agg(dumped::text, E'\\n'), '') FROM {table} AS dumped");
        let text: String = client.query_one(&query, &[]).await.expect("a dump").get(0);
        dump.push((table, text));
    }
    dump
}
