//! Use cases: each decides with `governance`, writes in one transaction and knows no HTTP.

pub mod anchoring;
pub mod anchoring_rows;
pub mod casting;
pub mod email;
pub mod idempotent;
pub mod jobs;
pub mod links;
