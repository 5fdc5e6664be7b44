//! The integration tests: one binary, one module for each area.

mod coops;
mod identity;
mod matrix;
mod system;
