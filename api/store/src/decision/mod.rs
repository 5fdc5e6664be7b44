//! Decisions: proposals, rolls, ballots read back, tallies, what proves them, and the jobs that follow a step.

pub mod alternative;
pub mod ballot;
pub mod ballot_table;
pub mod comment;
pub mod contest;
pub mod delegated;
pub mod delegation;
pub mod evidence;
pub mod execution;
pub mod export;
pub mod expulsion;
pub mod feed;
pub mod inbox;
pub mod job;
pub mod objection_step;
pub mod proposal;
mod proposal_rows;
pub mod reminder;
pub mod roll;
pub mod schedule;
pub mod stage;
pub mod tally;
