//! How revenue is shared: the rules that decisions adopted, and what members contributed.

pub mod contributions;
pub mod history;
pub mod metered;
pub mod rules;
pub mod signing;
pub mod taxes;
