//! The two kinds of transaction.

use std::time::Duration;

use diesel_async::pooled_connection::deadpool::Object;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use governance::id::CoopId;
use tokio::runtime::Handle;

use crate::StoreError;

type Connection = Object<AsyncPgConnection>;

/// How long undoing may take before the connection is thrown away: longer than any statement may run.
const UNDO_TIME_MAX: Duration = Duration::from_secs(20);

/// A connection inside a transaction. Dropped without a commit, it is undone and given back only after that; whatever was going
/// on, nobody can inherit it.
struct Open {
    connection: Option<Connection>,
}

impl Open {
    async fn begin(mut connection: Connection, command: &str) -> Result<Self, StoreError> {
        if let Err(error) = connection.batch_execute(command).await {
            drop(Object::take(connection));
            return Err(error.into());
        }
        Ok(Self {
            connection: Some(connection),
        })
    }

    async fn commit(mut self) -> Result<(), StoreError> {
        // It stays here while the answer is awaited: whoever stops waiting leaves it to be undone, which after a commit that
        // went through undoes nothing.
        if let Some(connection) = &mut self.connection {
            let committed = connection.batch_execute("COMMIT").await;
            let connection = self.connection.take();
            if let Err(error) = committed {
                drop(connection.map(Object::take));
                return Err(StoreError::from(error).of_commit());
            }
        }
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        let undone = Undone(Some(connection));
        // Outside a runtime nobody could wait for the answer, so the connection is closed.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(undone.undo());
        }
    }
}

/// A connection whose transaction is being undone. Dropped before that is done, it is closed.
struct Undone(Option<Connection>);

impl Undone {
    async fn undo(mut self) {
        let Some(connection) = &mut self.0 else { return };
        let undone = tokio::time::timeout(UNDO_TIME_MAX, connection.batch_execute("ROLLBACK")).await;
        if matches!(undone, Ok(Ok(()))) {
            // Only now it goes back to the others.
            drop(self.0.take());
        }
    }
}

impl Drop for Undone {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}

macro_rules! door {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        pub struct $name {
            open: Open,
            name: &'static str,
            $($(#[$field_doc])* $field: $kind,)*
        }

        impl $name {
            /// The name it was begun with; rows it writes carry it in `recorded_by`.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                self.name
            }

            /// Makes everything it did durable.
            ///
            /// # Errors
            /// If the database fails: [`StoreError::CommitUnknown`] where whether it happened is unknown.
            pub async fn commit(self) -> Result<(), StoreError> {
                self.open.commit().await
            }

            /// The connection, for the queries of this crate alone.
            #[allow(clippy::expect_used, reason = "only commit and drop empty it, and both consume the transaction")]
            pub(crate) fn connection(&mut self) -> &mut AsyncPgConnection {
                self.open.connection.as_mut().expect("an open transaction has a connection")
            }
        }
    };
}

door!(
    /// A transaction inside one co-op.
    CoopTx {
        /// The co-op it sees.
        coop: CoopId,
    }
);
door!(
    /// A transaction outside all co-ops: accounts, sessions, jobs, the directory.
    GlobalTx {}
);

/// How the statements of a transaction are planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plans {
    /// By what the planner knows of the tables.
    AsEstimated,
    /// By key, once for all. A table that was empty or small when the database last counted it looks cheapest to read as a whole,
    /// and such a plan is kept while the table grows to a million rows.
    ByKey,
}

impl Plans {
    const fn settings(self) -> &'static str {
        match self {
            Self::AsEstimated => "",
            Self::ByKey => "; SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan",
        }
    }
}

impl CoopTx {
    pub(crate) async fn begin(
        connection: Connection,
        name: &'static str,
        coop: CoopId,
        plans: Plans,
    ) -> Result<Self, StoreError> {
        // The one place where a value is formatted into SQL: SET takes no parameters, and a typed id has only hexadecimal digits
        // and hyphens. Set for this transaction only; the database forgets it at the end.
        let command = format!("BEGIN; SET LOCAL app.coop_id = '{coop}'{}", plans.settings());
        Ok(Self {
            open: Open::begin(connection, &command).await?,
            name,
            coop,
        })
    }

    /// As [`Self::begin`], on one snapshot and for reading alone.
    pub(crate) async fn begin_snapshot(
        connection: Connection,
        name: &'static str,
        coop: CoopId,
    ) -> Result<Self, StoreError> {
        // As above: only a typed id is formatted.
        let command = format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL app.coop_id = '{coop}'");
        Ok(Self {
            open: Open::begin(connection, &command).await?,
            name,
            coop,
        })
    }

    /// The co-op it sees.
    #[must_use]
    pub const fn coop(&self) -> CoopId {
        self.coop
    }
}

impl GlobalTx {
    pub(crate) async fn begin(connection: Connection, name: &'static str) -> Result<Self, StoreError> {
        Ok(Self {
            open: Open::begin(connection, "BEGIN").await?,
            name,
        })
    }
}
