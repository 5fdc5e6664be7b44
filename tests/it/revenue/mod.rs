//! How revenue is shared, from the decision on the rule to the books.

mod contributions;
mod cycles;
mod income;
mod metered;
mod rules;
mod taxes;
mod twins;
pub mod world;
