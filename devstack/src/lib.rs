//! Finds and starts a private PostgreSQL and a local chain for development and tests.
//!
//! Everything listens on 127.0.0.1 only, keeps its state in a folder the caller names, and stops when the program that
//! started it ends, however that program ends (see [`guard`]). All calls block; none needs an async runtime.

pub mod anvil;
mod error;
mod files;
pub mod guard;
pub mod http;
pub mod lease;
mod not_run;
pub mod npm;
mod port;
pub mod postgres;
mod random;
mod user;

pub use anvil::{Anvil, AnvilOptions};
pub use error::DevstackError;
pub use not_run::not_run;
pub use port::{Port, free_port, require_free_port};
pub use postgres::{Postgres, PostgresOptions};
pub use random::random_secret;
