//! The shared tools: what decisions make of them, keys, and the books of what is held and spent.

mod books;
mod calls;
mod checking;
mod decided;
mod keys;
mod kills;
mod races;
mod replay;
mod sdks;
mod totals;
mod turns;
mod twins;
mod world;
