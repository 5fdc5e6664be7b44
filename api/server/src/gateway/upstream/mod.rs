//! The servers behind the models: where they may be, whether they answer, and how one is asked.

pub mod address;
pub mod breaker;
pub mod client;
