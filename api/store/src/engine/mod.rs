//! Functions that compute inside PostgreSQL, in a schema of their own. They are replaced whole, in one transaction, each time the schema
//! is brought up to date; what must always hold stands in the migrations instead.

/// The functions that compute a payout cycle, of which a frozen cycle holds the hash.
pub const FUNCTIONS: &str = include_str!("revenue.sql");
/// Those that freeze its inputs and post it.
const CYCLE: &str = include_str!("cycle.sql");

/// What replaces all of them.
pub(crate) fn statements() -> String {
    format!(
        "BEGIN;
        DROP SCHEMA IF EXISTS engine CASCADE;
        CREATE SCHEMA engine;
        GRANT USAGE ON SCHEMA engine TO rochdale_app;
        {FUNCTIONS}
        {CYCLE}
        COMMIT;"
    )
}
