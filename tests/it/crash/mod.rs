//! The program killed at every step from the cast to the anchor, as a process of its own with a real database and a real node.

pub mod claims;
mod execution;
mod payments;
pub mod payouts;
pub mod program;
pub mod seeds;
pub mod story;
