//! The shared tools: what decisions make of them, keys, and the books of what is held and spent.

mod batches;
mod books;
mod calls;
mod charging;
mod checking;
mod decided;
mod fallbacks;
mod free;
mod keys;
mod kills;
mod owing;
mod proving;
mod races;
mod real_model;
mod refusals;
mod replay;
mod sdks;
mod secrecy;
mod slots;
mod streams;
mod totals;
mod turns;
mod twins;
pub mod world;
