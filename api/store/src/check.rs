//! What must hold before the server may serve: safe roles, a durable database, a schema of the known version.

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::migrate::newest_version;
use crate::{Store, StoreError};

/// Why the server refuses to work on a database. Each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsafe {
    /// Row-level security would not hold.
    #[error(
        "the role {role} {what}, so the walls between co-ops would not hold; connect as a plain role that owns nothing (migrations/roles.sql)"
    )]
    Role {
        /// The role.
        role: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A crash could lose what was acknowledged.
    #[error("the setting {0} of the database is off, so a crash could lose acknowledged ballots; switch it on")]
    NotDurable(String),
    /// Older or newer than the program.
    #[error("the schema has version {found} and this program knows {known}; {advice}")]
    Schema {
        /// What the database has.
        found: String,
        /// What the program has.
        known: String,
        /// What to do.
        advice: &'static str,
    },
}

#[derive(QueryableByName)]
struct Standing {
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Bool)]
    is_superuser: bool,
    #[diesel(sql_type = Bool)]
    bypasses: bool,
    #[diesel(sql_type = Bool)]
    owns: bool,
    #[diesel(sql_type = Nullable<Text>)]
    setting_off: Option<String>,
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Nullable<Text>)]
    version: Option<String>,
}

/// Whether a server may lose what it acknowledged. Only tests, whose databases live for minutes, choose the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Refuse settings that lose commits in a crash.
    Required,
    /// Accept them.
    Waived,
}

impl Store {
    /// Looks through both doors: the schema, both roles, the durability settings.
    ///
    /// # Errors
    /// The outer one if the database fails, the inner one if it must not be served.
    pub async fn check(&self, durability: Durability) -> Result<Result<(), Unsafe>, StoreError> {
        let mut global = self.global_tx("check").await?;
        // The schema first: where no migration ever ran, nothing else is as it should be either, and migrating mends it.
        let schema = check_schema(global.connection()).await?;
        if schema.is_err() {
            return Ok(schema);
        }
        let global_standing = check_standing(global.connection(), durability).await?;
        global.commit().await?;
        // Any co-op will do: nothing of it is read.
        let nowhere = governance::id::CoopId::from_uuid(uuid::Uuid::nil());
        let mut app = self.coop_tx("check", nowhere).await?;
        let app_standing = check_standing(app.connection(), durability).await?;
        app.commit().await?;
        Ok(global_standing.and(app_standing))
    }
}

async fn check_standing(
    connection: &mut AsyncPgConnection,
    durability: Durability,
) -> Result<Result<(), Unsafe>, StoreError> {
    let standing: Standing = diesel::sql_query(
        // By the oid, since a role named in words must exist.
        "-- check_standing
        SELECT current_user::text AS role, rolsuper AS is_superuser, rolbypassrls AS bypasses,
               EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid)
                   OR EXISTS (SELECT FROM pg_roles AS owner WHERE owner.rolname = 'rochdale_owner'
                              AND pg_has_role(current_user, owner.oid, 'MEMBER')) AS owns,
               (SELECT min(name) FROM pg_settings
                WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off') AS setting_off
        FROM pg_roles WHERE rolname = current_user",
    )
    .get_result(connection)
    .await?;
    let what = if standing.is_superuser {
        Some("is a superuser")
    } else if standing.bypasses {
        Some("bypasses row-level security")
    } else if standing.owns {
        Some("owns tables or may act as their owner")
    } else {
        None
    };
    if let Some(what) = what {
        return Ok(Err(Unsafe::Role {
            role: standing.role,
            what,
        }));
    }
    match (durability, standing.setting_off) {
        (Durability::Required, Some(setting)) => Ok(Err(Unsafe::NotDurable(setting))),
        (Durability::Required, None) | (Durability::Waived, _) => Ok(Ok(())),
    }
}

/// The version of the schema in the database; `None` where no migration ever ran.
///
/// # Errors
/// If the database fails.
pub async fn schema_version(store: &Store) -> Result<Option<String>, StoreError> {
    let mut tx = store.global_tx("schema_version").await?;
    let version = read_version(tx.connection()).await?;
    tx.commit().await?;
    Ok(version)
}

async fn read_version(connection: &mut AsyncPgConnection) -> Result<Option<String>, StoreError> {
    let exists: Version =
        diesel::sql_query("-- schema_exists\nSELECT to_regclass('__diesel_schema_migrations')::text AS version")
            .get_result(connection)
            .await?;
    if exists.version.is_none() {
        return Ok(None);
    }
    let row: Version =
        diesel::sql_query("-- schema_version\nSELECT max(version)::text AS version FROM __diesel_schema_migrations")
            .get_result(connection)
            .await?;
    Ok(row.version)
}

async fn check_schema(connection: &mut AsyncPgConnection) -> Result<Result<(), Unsafe>, StoreError> {
    let found = read_version(connection).await?.unwrap_or_default();
    let known = newest_version().unwrap_or_default();
    if found == known {
        return Ok(Ok(()));
    }
    let advice = if found < known {
        "run `rochdale migrate`"
    } else {
        "run a newer version of the program"
    };
    let found = if found.is_empty() { String::from("none") } else { found };
    Ok(Err(Unsafe::Schema { found, known, advice }))
}
