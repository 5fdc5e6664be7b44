//! Faults of the table of faults, each injected for real, with the checker at the end.

mod crashes;
mod node_away;
mod postmaster;
mod power;
mod processes;
mod proxy;
mod two_workers;
