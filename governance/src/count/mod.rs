//! Counting methods.
