//! How what posted cycles owe is paid.

pub mod answers;
mod bank;
mod claims;
mod files;
pub mod island;
mod reconciling;
mod settling;
mod tampering;
mod treasurer;
pub mod world;
