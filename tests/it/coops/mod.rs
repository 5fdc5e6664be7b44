//! Co-ops: founding, members, the ways in, keys, and the walls between co-ops.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod admission;
mod founding;
mod halts;
mod imports;
pub mod keys;
mod members;
mod names;
mod public_page;
mod schema;
mod walls;
pub mod world;
