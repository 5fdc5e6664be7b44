//! How revenue is shared, from the decision on the rule to the books.

mod contributions;
mod cycles;
mod income;
mod rules;
mod twins;
pub mod world;
