//! How what posted cycles owe is paid.

pub mod answers;
mod bank;
mod files;
mod reconciling;
mod settling;
pub mod world;
