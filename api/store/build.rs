//! Migrations are embedded at compile time, so a new one must cause a new build.

#![allow(clippy::print_stdout, reason = "this is how a build script speaks")]
fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
