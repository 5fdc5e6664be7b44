//! The only crate that speaks to an EVM chain.
