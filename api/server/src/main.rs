//! The HTTP API, its services and its jobs; builds the binary rochdale.

fn main() {}
