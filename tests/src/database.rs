//! A PostgreSQL database of its own for each test.
//!
//! One server serves a whole run: the one that `ROCHDALE_TEST_POSTGRES` names (`cargo xtask test` starts it), else one below
//! `target/` that the first test starts, the others join, and that stops some seconds after the last. The migrations run
//! once, into a template whose name holds the hash of what made it; a test's database is a copy of it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::OnceLock;

use devstack::lease::SharedPostgres;
use devstack::postgres::{Binaries, Durability};
use devstack::{DevstackError, PostgresOptions};
use tokio_postgres::{Client, NoTls};

use crate::data::repository;

/// How long a server that the tests started themselves stays after the last of them.
const IDLE_SECONDS: u64 = 20;
/// Tests run in parallel, each with its own pools.
const CONNECTIONS_MAX: u16 = 300;
/// The key of the advisory lock under which the template is made: only one test may make it.
const TEMPLATE_LOCK: i64 = 0x0072_6f63_6864_616c;
/// The release from which a database can be copied file by file.
const FILE_COPY_VERSION_MIN: i32 = 150_000;

/// The server of this run.
#[derive(Debug)]
pub struct Cluster {
    /// Address of the superuser, with the database `postgres`.
    superuser_url: String,
    /// Keeps a server that the tests share alive.
    _lease: Option<SharedPostgres>,
}

/// The server of this run; started where there is none.
pub async fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    let reach = || CLUSTER.get_or_init(|| reach_cluster().expect("a PostgreSQL for the tests"));
    tokio::task::spawn_blocking(reach)
        .await
        .expect("starting does not panic")
}

fn reach_cluster() -> Result<Cluster, DevstackError> {
    if let Ok(superuser_url) = std::env::var("ROCHDALE_TEST_POSTGRES") {
        return Ok(Cluster {
            superuser_url,
            _lease: None,
        });
    }
    let binaries = Binaries::find(&repository().join(".local/npm"))?;
    let mut options = PostgresOptions::new(&repository().join("target/test-cluster"), binaries);
    options.durability = Durability::Volatile;
    options.connections_max = CONNECTIONS_MAX;
    let lease = SharedPostgres::join(&options, IDLE_SECONDS, |url| {
        block_on(drop_leftovers(url));
        Ok::<(), DevstackError>(())
    })?;
    Ok(Cluster {
        superuser_url: lease.superuser_url().to_owned(),
        _lease: Some(lease),
    })
}

impl Cluster {
    /// The superuser's address of a database.
    #[must_use]
    pub fn superuser_url(&self, database: &str) -> String {
        self.url("postgres", database)
    }

    /// The address of a database for a role. In the tests every role has the superuser's password.
    fn url(&self, role: &str, database: &str) -> String {
        let (password, host) = self.password_and_host();
        format!("postgres://{role}:{password}@{host}/{database}")
    }

    fn password_and_host(&self) -> (&str, &str) {
        let (_, rest) = self.superuser_url.split_once("://").expect("an address");
        let (credentials, place) = rest.rsplit_once('@').expect("an address with a user");
        let password = credentials.split_once(':').map_or("", |(_, password)| password);
        (password, place.split('/').next().unwrap_or(place))
    }
}

/// A database of one test, with the newest schema and no rows. It is dropped with the value.
#[derive(Debug)]
pub struct TestDatabase {
    cluster: &'static Cluster,
    /// Its name.
    pub name: String,
    /// Address for `rochdale_app`.
    pub app_url: String,
    /// Address for `rochdale_global`.
    pub global_url: String,
    /// Address for `rochdale_migrator`.
    pub migrator_url: String,
    /// Address for the superuser, who sees every row.
    pub superuser_url: String,
}

/// Copies the template.
pub async fn fresh_database() -> TestDatabase {
    let cluster = cluster().await;
    let client = connect(&cluster.superuser_url("postgres")).await;
    let template = template(cluster, &client).await;
    let name = format!("test_{}", uuid::Uuid::now_v7().simple());
    let strategy = if version(&client).await >= FILE_COPY_VERSION_MIN {
        "STRATEGY = FILE_COPY"
    } else {
        ""
    };
    let statement = format!("CREATE DATABASE {name} TEMPLATE {template} {strategy}");
    client
        .batch_execute(&statement)
        .await
        .expect("the template can be copied");
    TestDatabase {
        app_url: cluster.url("rochdale_app", &name),
        global_url: cluster.url("rochdale_global", &name),
        migrator_url: cluster.url("rochdale_migrator", &name),
        superuser_url: cluster.superuser_url(&name),
        cluster,
        name,
    }
}

impl TestDatabase {
    /// A connection as the superuser, for what no role of the program may do or see.
    pub async fn superuser(&self) -> Client {
        connect(&self.superuser_url).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (url, name) = (self.cluster.superuser_url("postgres"), self.name.clone());
        // On a thread of its own: the test may be inside a runtime.
        let dropped = std::thread::spawn(move || {
            block_on(async {
                let client = connect(&url).await;
                // Pools may still hold connections.
                client
                    .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
                    .await
                    .expect("the database can be dropped");
            });
        });
        if dropped.join().is_err() && !std::thread::panicking() {
            panic!("the test database {} could not be dropped", self.name);
        }
    }
}

/// The name of the template; it is made where it is missing.
async fn template(cluster: &Cluster, client: &Client) -> String {
    let name = format!("template_{:016x}", schema_hash());
    if has_database(client, &name).await {
        return name;
    }
    client
        .execute("SELECT pg_advisory_lock($1)", &[&TEMPLATE_LOCK])
        .await
        .expect("the lock");
    if !has_database(client, &name).await {
        make_template(cluster, client, &name).await;
    }
    client
        .execute("SELECT pg_advisory_unlock($1)", &[&TEMPLATE_LOCK])
        .await
        .expect("the lock");
    name
}

/// Migrates a database under another name and renames it when it is whole.
async fn make_template(cluster: &Cluster, client: &Client, name: &str) {
    let unfinished = format!("unfinished_{name}");
    for statement in [
        format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)"),
        format!("CREATE DATABASE {unfinished} TEMPLATE template0"),
    ] {
        client.batch_execute(&statement).await.expect("a database can be made");
    }
    let url = cluster.superuser_url(&unfinished);
    // The migrations need a runtime with threads, and a test's runtime may have one alone.
    let migrated = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(store::migrate(&url))
    });
    migrated
        .await
        .expect("migrating does not panic")
        .expect("the migrations run");
    let (password, _) = cluster.password_and_host();
    for role in ["rochdale_app", "rochdale_global", "rochdale_migrator"] {
        let statement = format!("ALTER ROLE {role} PASSWORD '{password}'");
        client.batch_execute(&statement).await.expect("the role exists");
    }
    // Without connections the template can be copied at any time.
    let rename = format!("ALTER DATABASE {unfinished} RENAME TO {name}");
    client
        .batch_execute(&format!("ALTER DATABASE {unfinished} ALLOW_CONNECTIONS false"))
        .await
        .expect("it can be closed");
    client.batch_execute(&rename).await.expect("it can be renamed");
}

/// What the template is made from: the migrations, the functions of the store, and the code that runs them.
fn schema_hash() -> u64 {
    let mut files = BTreeMap::new();
    for place in ["migrations", "api/store/src/engine", "api/store/src/migrate.rs"] {
        collect(&repository().join(place), &mut files);
    }
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    hasher.finish()
}

fn collect(path: &Path, files: &mut BTreeMap<std::path::PathBuf, Vec<u8>>) {
    if let Ok(entries) = std::fs::read_dir(path) {
        for entry in entries.flatten() {
            collect(&entry.path(), files);
        }
    } else if let Ok(content) = std::fs::read(path) {
        files.insert(path.to_path_buf(), content);
    }
}

/// Databases of tests that were killed, and templates of schemas that are gone.
async fn drop_leftovers(url: &str) {
    let client = connect(url).await;
    let current = format!("template_{:016x}", schema_hash());
    let query =
        "SELECT datname::text FROM pg_database WHERE datname ~ '^(test_|template_|unfinished_)' AND datname <> $1";
    for row in client.query(query, &[&current]).await.expect("the list of databases") {
        let name: String = row.get(0);
        client
            .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
            .await
            .expect("it can be dropped");
    }
}

async fn has_database(client: &Client, name: &str) -> bool {
    let row = client
        .query_one("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", &[&name])
        .await;
    row.expect("the list of databases").get(0)
}

async fn version(client: &Client) -> i32 {
    let row = client
        .query_one("SELECT current_setting('server_version_num')::int", &[])
        .await;
    row.expect("the version").get(0)
}

/// A connection with its driver on this runtime.
pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the database answers");
    tokio::spawn(connection);
    client
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(future)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn two_tests_never_see_each_other() {
        let (one, other) = tokio::join!(fresh_database(), fresh_database());
        one.superuser()
            .await
            .batch_execute("CREATE TABLE only_here ()")
            .await
            .unwrap();
        let sees = "SELECT to_regclass('only_here') IS NOT NULL";
        let seen: bool = other.superuser().await.query_one(sees, &[]).await.unwrap().get(0);
        assert!(!seen);
    }

    #[tokio::test]
    async fn a_database_is_migrated_and_its_roles_are_plain() {
        let database = fresh_database().await;
        let config = store::StoreConfig {
            app_url: database.app_url.clone(),
            global_url: database.global_url.clone(),
            app_connections: 1,
            global_connections: 1,
            wait: std::time::Duration::from_secs(5),
        };
        let store = store::Store::connect(&config).unwrap();
        assert_eq!(store.check(store::Durability::Waived).await.unwrap(), Ok(()));
    }

    #[tokio::test]
    async fn a_database_is_gone_after_its_test_even_where_a_pool_still_holds_it() {
        let database = fresh_database().await;
        let name = database.name.clone();
        let held = database.superuser().await;
        drop(database);
        let client = connect(&cluster().await.superuser_url("postgres")).await;
        assert!(!has_database(&client, &name).await);
        drop(held);
    }
}
