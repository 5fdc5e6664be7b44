//! The shared tools: what decisions make of them, keys, and the books of what is held and spent.

mod books;
mod decided;
mod keys;
mod races;
mod replay;
mod twins;
mod world;
