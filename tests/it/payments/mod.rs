//! How what posted cycles owe is paid.

pub mod answers;
mod bank;
mod files;
pub mod world;
