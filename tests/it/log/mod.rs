//! The transparency log: what was acknowledged is in it, once and for good, and nothing is signed that contradicts it.

mod audit;
mod deaths;
mod evidence;
mod export;
mod export_program;
mod kills;
mod level1;
mod member_receipts;
mod pruning;
mod publishing;
mod repair;
pub mod repair_deaths;
mod restore;
pub mod world;
