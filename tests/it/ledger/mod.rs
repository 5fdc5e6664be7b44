//! The books of a co-op: what the database refuses, what many at once leave behind, and what a treasurer does.

mod books;
mod guards;
mod keys;
mod storm;
mod told;
mod undone;
mod world;
