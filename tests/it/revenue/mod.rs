//! How revenue is shared, from the decision on the rule on.

mod rules;
pub mod world;
