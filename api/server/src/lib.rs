//! The server: HTTP, use cases, jobs.
//!
//! Data flows one way: a route parses, a service decides with `governance` and writes in one named transaction, jobs do what
//! follows. Routes never touch the store; services never see HTTP beyond the answer they give.

pub mod app;
pub mod causes;
pub mod chain_link;
pub mod combine;
pub mod config;
pub mod ed25519;
pub mod failpoint;
pub mod gateway;
pub mod http;
pub mod limits;
pub mod metrics;
pub mod open_files;
pub mod problem;
pub mod routes;
pub mod secrets;
pub mod serve;
pub mod services;
pub mod tokens;
