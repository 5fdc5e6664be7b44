//! The connections: one pool for each of the two doors, each with its own role.

use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::QueueMode;
use diesel::ConnectionError;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use governance::id::CoopId;
use tokio::runtime::Handle;

use crate::tx::Plans;
use crate::{CoopTx, GlobalTx, StoreError};

/// Where the database is and how many connections to hold.
#[derive(Clone)]
pub struct StoreConfig {
    /// `postgres://` address of the role for co-ops.
    pub app_url: String,
    /// `postgres://` address of the role for accounts and jobs.
    pub global_url: String,
    /// Connections for co-ops.
    pub app_connections: usize,
    /// Connections for accounts and jobs.
    pub global_connections: usize,
    /// How long a request waits for a connection before it is told to come again.
    pub wait: Duration,
}

/// The database.
#[derive(Clone)]
pub struct Store {
    app: Pool<AsyncPgConnection>,
    global: Pool<AsyncPgConnection>,
    app_url: Arc<str>,
}

/// How busy the pools are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// Connections for co-ops in use.
    pub app_in_use: usize,
    /// Connections for accounts and jobs in use.
    pub global_in_use: usize,
}

impl Store {
    /// Prepares the pools; connections are made when they are first needed, on the runtime this is called in, which must outlive
    /// the store.
    ///
    /// # Errors
    /// If the settings make no pool.
    pub fn connect(config: &StoreConfig) -> Result<Self, StoreError> {
        Ok(Self {
            app: pool(&config.app_url, config.app_connections, config.wait)?,
            global: pool(&config.global_url, config.global_connections, config.wait)?,
            app_url: config.app_url.as_str().into(),
        })
    }

    /// Begins a transaction that sees one co-op. `name` says what for, in the rows it writes.
    ///
    /// # Errors
    /// If no connection can be had in time.
    pub async fn coop_tx(&self, name: &'static str, coop: CoopId) -> Result<CoopTx, StoreError> {
        self.coop_tx_with(name, coop, Plans::AsEstimated).await
    }

    /// As [`Self::coop_tx`], for statements that are lookups by key and must stay so whatever the planner estimates.
    ///
    /// # Errors
    /// As [`Self::coop_tx`].
    pub async fn coop_tx_by_key(&self, name: &'static str, coop: CoopId) -> Result<CoopTx, StoreError> {
        self.coop_tx_with(name, coop, Plans::ByKey).await
    }

    async fn coop_tx_with(&self, name: &'static str, coop: CoopId, plans: Plans) -> Result<CoopTx, StoreError> {
        // A connection that the database closed is found out here and thrown away; nothing was asked of it yet.
        for _ in 0..self.app.status().max_size {
            let connection = self.app.get().await.map_err(unavailable)?;
            match CoopTx::begin(connection, name, coop, plans).await {
                Err(StoreError::Unavailable(_)) => {}
                begun => return begun,
            }
        }
        CoopTx::begin(self.app.get().await.map_err(unavailable)?, name, coop, plans).await
    }

    /// Begins a transaction that reads one co-op as it stands at its first statement, whatever is written meanwhile. Nothing is
    /// ever decided from it.
    ///
    /// # Errors
    /// If no connection can be had in time.
    pub async fn coop_snapshot(&self, name: &'static str, coop: CoopId) -> Result<CoopTx, StoreError> {
        let connection = self.app.get().await.map_err(unavailable)?;
        CoopTx::begin_snapshot(connection, name, coop).await
    }

    /// Begins a transaction outside all co-ops.
    ///
    /// # Errors
    /// If no connection can be had in time.
    pub async fn global_tx(&self, name: &'static str) -> Result<GlobalTx, StoreError> {
        for _ in 0..self.global.status().max_size {
            let connection = self.global.get().await.map_err(unavailable)?;
            match GlobalTx::begin(connection, name).await {
                Err(StoreError::Unavailable(_)) => {}
                begun => return begun,
            }
        }
        GlobalTx::begin(self.global.get().await.map_err(unavailable)?, name).await
    }

    /// A connection for one statement that names its co-op itself and is a transaction of its own.
    pub(crate) async fn app_connection(&self) -> Result<Object<AsyncPgConnection>, StoreError> {
        self.app.get().await.map_err(unavailable)
    }

    /// A connection outside all co-ops for one statement that reads, which is a transaction of its own.
    pub(crate) async fn global_connection(&self) -> Result<Object<AsyncPgConnection>, StoreError> {
        self.global.get().await.map_err(unavailable)
    }

    /// Where the role for co-ops connects, for what the pool's connections cannot do.
    pub(crate) fn app_url(&self) -> &str {
        &self.app_url
    }

    /// How many connections outside all co-ops there may be.
    pub(crate) fn global_connections_max(&self) -> usize {
        self.global.status().max_size
    }

    /// How busy the pools are.
    #[must_use]
    pub fn status(&self) -> PoolStatus {
        let in_use = |pool: &Pool<AsyncPgConnection>| {
            let status = pool.status();
            status.size.saturating_sub(status.available)
        };
        PoolStatus {
            app_in_use: in_use(&self.app),
            global_in_use: in_use(&self.global),
        }
    }
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

fn pool(url: &str, connections: usize, wait: Duration) -> Result<Pool<AsyncPgConnection>, StoreError> {
    let mut config = ManagerConfig::default();
    // A test question before every transaction would cost as much as the transaction's own BEGIN, which tells the same.
    config.recycling_method = RecyclingMethod::Fast;
    // Each connection has a task that reads and writes it, which stays on the runtime that made it. Made by whichever thread of the
    // web server asks first, it would wait there behind every request of that thread, and all who use the connection with it.
    if let Ok(runtime) = Handle::try_current() {
        config.custom_setup = Box::new(move |url| {
            let (runtime, url) = (runtime.clone(), url.to_owned());
            Box::pin(async move {
                let made = runtime.spawn(async move { AsyncPgConnection::establish(&url).await });
                made.await
                    .unwrap_or_else(|_| Err(ConnectionError::BadConnection(String::from("the program is ending"))))
            })
        });
    }
    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(url, config);
    Pool::builder(manager)
        .max_size(connections)
        // The one used last is the one whose statements are prepared and whose process has everything at hand.
        .queue_mode(QueueMode::Lifo)
        .wait_timeout(Some(wait))
        .create_timeout(Some(wait))
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .map_err(unavailable)
}
