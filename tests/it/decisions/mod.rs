//! Decisions: from the draft to the bundle, and the attacks on each step.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod afterwards;
mod alternatives;
mod closing;
mod consent;
mod contests;
mod election;
mod execution;
mod expulsion;
mod freezing;
mod halts;
mod late_quorum;
mod lists;
mod live;
mod methods;
mod motion;
mod racing;
mod rules;
mod scheduling;
mod secrecy;
mod silence;
mod size;
mod stages;
pub mod world;
