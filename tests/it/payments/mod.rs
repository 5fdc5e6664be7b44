//! How what posted cycles owe is paid.

pub mod answers;
mod bank;
mod claim_guards;
mod claims;
mod creating;
mod desk;
mod files;
pub mod island;
mod model;
mod reconciling;
mod settling;
mod taking_over;
mod tampering;
mod treasurer;
pub mod world;
