//! Every chore of the repository, in Rust.

fn main() {}
