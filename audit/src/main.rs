//! rochdale-audit: checks a bundle without trusting the server.

fn main() {}
