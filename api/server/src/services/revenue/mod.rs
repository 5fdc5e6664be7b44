//! How revenue is shared: the rules that decisions adopted.

pub mod rules;
