//! A program that is delivered holds the portal, so it is built anew where the portal was.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is_delivered = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if is_delivered {
        println!("cargo::rerun-if-changed=../../portal/dist");
    }
}
