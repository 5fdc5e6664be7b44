//! Bringing the schema to the version this program knows.

use diesel::migration::MigrationSource as _;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");
const ROLES: &str = include_str!("../../../migrations/roles.sql");

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database is away or refused the role.
    #[error("the database cannot be reached for migration: {0}")]
    Connection(#[from] diesel::ConnectionError),
    /// A statement before the migrations failed.
    #[error("the roles could not be prepared: {0}")]
    Roles(#[from] diesel::result::Error),
    /// A migration failed; it left nothing behind.
    #[error("a migration failed and was undone: {0}")]
    Migration(String),
    /// The thread that ran the migrations ended early.
    #[error("the migration was interrupted")]
    Interrupted,
}

/// The newest version of the schema this program knows.
#[must_use]
pub fn newest_version() -> Option<String> {
    let migrations = diesel_migrations_list();
    migrations.into_iter().max()
}

fn diesel_migrations_list() -> Vec<String> {
    let migrations: Result<Vec<Box<dyn diesel::migration::Migration<diesel::pg::Pg>>>, _> = MIGRATIONS.migrations();
    migrations
        .unwrap_or_default()
        .iter()
        .map(|migration| migration.name().version().to_string())
        .collect()
}

/// Prepares roles (where the connecting role may) and runs every migration that is missing, as the owner of the schema. Returns the
/// names of those that ran.
///
/// # Errors
/// [`MigrateError`]; each migration is one transaction, so a failure leaves the version before it.
pub async fn migrate(url: &str) -> Result<Vec<String>, MigrateError> {
    let mut connection = AsyncPgConnection::establish(url).await?;
    connection.batch_execute("SET lock_timeout = '5s'").await?;
    if may_create_roles(&mut connection).await? {
        connection.batch_execute(ROLES).await?;
        connection
            .batch_execute(
                "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO rochdale_owner', current_database()); END $$;
                 GRANT CREATE, USAGE ON SCHEMA public TO rochdale_owner;
                 GRANT USAGE ON SCHEMA public TO rochdale_app, rochdale_global",
            )
            .await?;
    }
    connection.batch_execute("SET ROLE rochdale_owner").await?;
    let mut wrapper: AsyncConnectionWrapper<AsyncPgConnection> = AsyncConnectionWrapper::from(connection);
    tokio::task::spawn_blocking(move || {
        let versions = wrapper
            .run_pending_migrations(MIGRATIONS)
            .map_err(|error| MigrateError::Migration(error.to_string()))?
            .iter()
            .map(ToString::to_string)
            .collect();
        // Serving roles read which version the schema has, and nothing else of the history.
        diesel::connection::SimpleConnection::batch_execute(
            &mut wrapper,
            "GRANT SELECT ON __diesel_schema_migrations TO rochdale_app, rochdale_global",
        )?;
        diesel::connection::SimpleConnection::batch_execute(&mut wrapper, &crate::engine::statements())?;
        Ok(versions)
    })
    .await
    .map_err(|_| MigrateError::Interrupted)?
}

async fn may_create_roles(connection: &mut AsyncPgConnection) -> Result<bool, diesel::result::Error> {
    use diesel_async::RunQueryDsl;
    let row: MayCreate = diesel::sql_query(
        "-- may_create_roles
        SELECT rolsuper OR rolcreaterole AS may FROM pg_roles WHERE rolname = current_user",
    )
    .get_result(connection)
    .await?;
    Ok(row.may)
}

#[derive(diesel::QueryableByName)]
struct MayCreate {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    may: bool,
}
