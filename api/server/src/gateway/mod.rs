//! The gateway: the co-op's models under `/v1`, as the clients of OpenAI know them.
//!
//! It speaks HTTP to clients and upstreams and decides nothing: who may ask, what is set aside and what is charged is the [`meter`]'s
//! to say. What members write and what models answer passes through and is neither kept nor logged.

pub mod content;
pub mod error;
pub mod meter;
pub mod shape;
pub mod sse;
pub mod usage;
