//! How revenue is shared, from the decision on the rule to the books.

mod approvals;
pub mod contributions;
mod cycles;
mod editors;
mod house;
mod income;
mod metered;
mod next;
mod rules;
mod signing;
mod statements;
mod taxes;
mod twins;
pub mod world;
